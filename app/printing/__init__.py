"""What is printed: forms set by typst from the same words and numbers as the pages, as archival, tagged PDF."""
