"""The blocks a scheme pack is made of, as frozen values: a closed set, and every pack chooses among them."""
