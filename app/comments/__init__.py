"""Talk: threads of comments on whatever asks for one."""
