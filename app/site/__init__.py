"""The pages about everything: home, my page, help, the method, protection; language, size, media, health."""
