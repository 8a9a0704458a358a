"""One page a module, each with one ``render``: read filters, one cached call, charts."""
