"""What a function uses without being given it: watched, traced again at each call, or refused."""
