"""Groups and weights, handed on to the inner models that ask for them."""
