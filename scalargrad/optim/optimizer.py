"""The work of all optimizers: groups of parameters, steps, schedules, state."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any, NoReturn

from ..engine import update
from ..modes import AnomalyError
from ..options import function
from ..scalars import real
from ..updates import Job, Rule, clear_grad
from .groups import Group, parameters_of, refuse_twins, refuse_unless

Schedule = Callable[[int], float]
"""From the number of steps made before to the factor on `lr`, from 0 up."""


class Optimizer:
    """Moves parameters against their gradients.

    `parameters` is a Module, an iterable of Values, or a list of dicts {"params": …, option: …}
    for groups with options of their own. A parameter that no gradient reached counts as one with
    the gradient 0. Raises ValueError unless `lr` and `eps` are > 0, `momentum`, `decay` and
    `betas` at least 0 and below 1, and `weight_decay` ≥ 0. A subclass names its `rule`, and says in
    `settings` what it takes.
    """

    rule: Rule

    def __init__(self, parameters: Any, schedule: Schedule | None = None, **options: Any) -> None:
        if not hasattr(type(self), "rule"):
            raise TypeError(
                f"{type(self).__name__} names no update rule: take one of the optimizers, such as "
                "Adam, or give the class a `rule`"
            )
        self.defaults = options
        if schedule is not None:
            function("schedule", schedule, "a function of the number of steps made before")
        self.schedule = schedule
        self.groups: list[Group] = []
        for group in groups_of(parameters):
            self.add_group(**group)

    def add_group(self, params: Any, **options: Any) -> None:
        """Add parameters, with the options of the constructor where none are given."""
        unknown = [name for name in options if name not in self.defaults]
        if unknown:
            raise TypeError(
                f"{unknown[0]!r} is no option of {type(self).__name__}: "
                f"there are {', '.join(self.defaults)}"
            )
        group = Group(parameters_of(params), self.rule, {**self.defaults, **options})
        refuse_twins((*self.parameters, *group.parameters))
        self.groups.append(group)

    @property
    def parameters(self) -> tuple[Any, ...]:
        """All parameters, group by group."""
        return tuple(p for group in self.groups for p in group.parameters)

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return self.groups[0].steps

    @property
    def lr(self) -> float:
        """The learning rate of the first group, before the schedule; set, of all groups."""
        return self.groups[0]["lr"]

    @lr.setter
    def lr(self, lr: float) -> None:
        for group in self.groups:
            group["lr"] = lr

    @property
    def rate(self) -> float:
        """The learning rate that the next step takes in the first group."""
        return self.lr * self.factor()

    def factor(self) -> float:
        """The schedule's factor on `lr` in the next step."""
        if self.schedule is None:
            return 1.0
        factor = real(self.schedule(self.steps))
        if not 0.0 <= factor < inf:
            raise ValueError(
                f"a schedule gives a factor from 0 up, got {factor!r} at step {self.steps}"
            )
        return factor

    def settings(self, t: int, lr: float, **options: float) -> tuple[float, ...]:
        """Return the rule's settings in step `t`, counted from 1, at this learning rate."""
        raise NotImplementedError(f"{type(self).__name__} needs a method `settings`")

    def step(self) -> None:
        """Move every parameter once: one call of native code for all of them.

        All or nothing: a gradient that is infinite or NaN raises AnomalyError, and neither
        parameters nor state have changed; zero_grad() and go on to skip the step.
        """
        factor = self.factor()
        jobs = tuple(self._job(group, factor) for group in self.groups)
        failed = update(jobs)
        if failed is not None:
            self._refuse(*failed)

    def _job(self, group: Group, factor: float) -> Job:
        options = {**group.options, "lr": group["lr"] * factor}
        return group.job(self.settings(group.steps + 1, **options))

    def _refuse(self, group: int, place: int) -> NoReturn:
        parameter = self.groups[group].parameters[place]
        name = f" {parameter.label!r}" if parameter.label else ""
        raise AnomalyError(
            f"the gradient of parameter {place}{name} of group {group} is {parameter.grad!r}: "
            "nothing was moved. A smaller lr or clip_grad_norm may prevent it, detect_anomaly() "
            "finds the operator it comes from"
        )

    def zero_grad(self) -> None:
        """Set the `grad` of every parameter to 0.0."""
        update(tuple(Job(clear_grad, g.parameters, array("d", [0.0]), ()) for g in self.groups))

    # ------ its state, as plain data
    def state_dict(self) -> dict[str, Any]:
        """Return the kind of optimizer and, group by group, steps, options and the numbers kept of
        each parameter, as dicts, lists, numbers and names. Parameters are told by their order; the
        schedule is no part of it."""
        groups = [group.state_dict() for group in self.groups]
        return {"kind": type(self).__name__, "rule": self.rule.name, "groups": groups}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state_dict` returned. Raises ValueError, and changes nothing,
        unless it came from an optimizer of the same kind and groups."""
        for group, (options, memory) in zip(self.groups, self.restored(state)):
            group.options, group.memory = options, memory

    def restored(self, state: Any) -> list[tuple[dict[str, float], array[float]]]:
        """Return options and memory of each group in `state`, checked."""
        what = "an optimizer's state"
        refuse_unless(isinstance(state, Mapping), what, "a dict", state)
        names = {"kind", "rule", "groups"}
        refuse_unless(set(state) == names, what, "kind, rule and groups", sorted(state))
        kind, rule, groups = state["kind"], state["rule"], state["groups"]
        own_kind, own_rule = type(self).__name__, self.rule.name
        refuse_unless(isinstance(kind, str), f"{what}: kind", repr(own_kind), kind)
        refuse_unless(isinstance(rule, str), f"{what}: rule", repr(own_rule), rule)
        if (kind, rule) != (own_kind, own_rule):
            raise ValueError(
                f"the state is that of {kind:.60} (rule {rule!r:.60}), this optimizer is "
                f"{own_kind} (rule {own_rule!r}): load it into one of the kind that was saved"
            )
        right = isinstance(groups, list) and len(groups) == len(self.groups)
        refuse_unless(right, f"{what}: groups", f"a list of {len(self.groups)}", groups)
        pairs = enumerate(zip(self.groups, groups))
        return [group.restored(saved, f"{what}: group {i}") for i, (group, saved) in pairs]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.groups))})"


def groups_of(parameters: Any) -> list[dict[str, Any]]:
    """The groups that the constructor was given, each as the arguments of `add_group`."""
    if hasattr(parameters, "parameters") or not isinstance(parameters, Iterable):
        return [{"params": parameters}]
    listed = parameters if isinstance(parameters, str) else list(parameters)
    if not listed or not all(isinstance(group, dict) for group in listed):
        return [{"params": listed}]
    for group in listed:
        if "params" not in group:
            raise ValueError(f'a group is {{"params": …, option: …}}, got {group!r:.60}')
    return listed  # type: ignore[return-value]
