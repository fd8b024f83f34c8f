"""Every word on the screen, one module a page: plain, warm, exact; the technical term beside the plain one."""
