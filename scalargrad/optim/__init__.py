"""Optimizers: they move parameters against their gradients.

    optimizer = Adam(model, lr=0.01, schedule=schedules.cosine(1000))
    for batch in batches:
        optimizer.zero_grad()
        loss(model, batch).backward()
        clip_grad_norm(optimizer, 1.0)
        optimizer.step()

Groups with options of their own are given as SGD([{"params": …, "lr": …}, …], lr=0.1). An
optimizer of your own is a Rule, the update of one parameter, and what it takes in a step.
"""

from ..face import shown
from ..updates import Rule as Rule
from . import schedules as schedules
from .clipping import clip_grad_norm as clip_grad_norm
from .clipping import clip_grad_value as clip_grad_value
from .groups import Group as Group
from .methods import SGD as SGD
from .methods import AdaGrad as AdaGrad
from .methods import Adam as Adam
from .methods import AdamW as AdamW
from .methods import Nesterov as Nesterov
from .methods import RMSProp as RMSProp
from .optimizer import Optimizer as Optimizer
from .search import random_search as random_search

__dir__ = shown(__name__, "schedules")
del shown
