SELECT number FROM old_links
