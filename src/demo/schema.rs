//! What the API says of its own types: fields, the keys by which lists are merged, who may set what.
