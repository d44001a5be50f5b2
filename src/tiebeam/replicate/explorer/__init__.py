"""The copy as people look things up in it: lists, pages, exports, and what a record hangs together with."""
