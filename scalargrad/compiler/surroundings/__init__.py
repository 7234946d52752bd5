"""All that a function uses besides its arguments: watched, traced anew at each call, or refused."""
