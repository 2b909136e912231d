"""What leaves for an office's own programs and folders: result sheet, convention, duty roster, tables of registers and votes."""
