"""Functions of functions: gradients, Jacobians, Hessians; arguments as trees; checkpoints."""
