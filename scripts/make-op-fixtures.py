#!/usr/bin/env python3
"""Writes Tests/MartletCoreTests/Fixtures/*.json: values and gradients of the ops by PyTorch, in float64.

    scripts/make-op-fixtures.py        (needs torch and numpy)

The same versions on the same kind of processor write the same bytes; another one may differ in the last digits.

A case is `{"op", "args", "inputs", "outputs", "outputGradient", "gradients"}`; fixtures.py says how tensors are
written.
`gradients` holds, for each input, the gradient of sum(outputs[0] * outputGradient), and null for inputs without
one (indices, conditions). Cases without gradients (integers, special values) have "outputGradient": null and
"gradients": null. A case with several differentiable outputs (split) has "outputGradients" instead, one for each
output.

Images and kernels are laid out as in Keras: channels last, kernels [spatial..., channels in / groups, channels out],
of depthwise convolutions [height, width, channels in, multiplier].
Paddings are explicit: [[before, after], ...] for each spatial axis.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F

from fixtures import Draw, number, tensor, write

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

SOURCE = f"PyTorch {torch.__version__.split('+')[0]}, float64"
draw = Draw(20240229)
groups = {}
group = None


def begin(name):
    global group
    group = groups.setdefault(name, [])


def case(op, function, inputs, args=None, gradient=True):
    """`function` takes torch tensors and gives one or a tuple; differentiates if asked to and if it can be."""
    inputs = [np.asarray(x) for x in inputs]
    leaves = [torch.tensor(x, requires_grad=gradient and x.dtype == np.float64) for x in inputs]
    result = function(*leaves)
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    differentiable = [o for o in outputs if o.requires_grad]
    record = dict(op=op, args=args or {}, inputs=[tensor(x) for x in inputs],
                  outputs=[tensor(o.detach().numpy()) for o in outputs])
    if differentiable:
        seeds = [draw.uniform(tuple(o.shape), -1, 1) for o in differentiable]
        wanted = [x for x in leaves if x.requires_grad]
        found = iter(torch.autograd.grad(differentiable, wanted, [torch.tensor(s) for s in seeds]))
        if len(seeds) > 1:
            record["outputGradients"] = [tensor(s) for s in seeds]
        else:
            record["outputGradient"] = tensor(seeds[0])
        record["gradients"] = [tensor(next(found).numpy()) if x.requires_grad else None for x in leaves]
    else:
        record |= dict(outputGradient=None, gradients=None)
    group.append(record)


def literal(op, inputs, outputs, args=None):
    """A case without gradients whose outputs are given."""
    group.append(dict(op=op, args=args or {}, inputs=[tensor(x) for x in inputs],
                      outputs=[tensor(o) for o in outputs], outputGradient=None, gradients=None))


def numbers(*values):
    return np.array(values, dtype=np.float64)


nan, inf = math.nan, math.inf
SPECIAL = numbers(0.0, -0.0, 1, -1, inf, -inf, nan, 5e-324, 1e-310, -1e-310, 1e-20, 1e300, -1e300, 710, -746)


# Elementwise with one operand. The domain keeps the inputs off kinks and poles; every op also gets values of all
# magnitudes in its domain, the special values (where PyTorch's values are not the exact ones, NumPy's: sign(nan) is
# nan, log1p(5e-324) is 5e-324), a scalar and no elements at all.

def acosh(x):
    """PyTorch's own gradient, 1 / sqrt(x * x - 1), cancels near 1."""
    t = x - 1
    return torch.where(x.abs() < 1e150, torch.log1p(t + torch.sqrt(t * (t + 2))), torch.acosh(x))


def digamma(x):
    """PyTorch's own gradient, its trigamma, is exact to 1e-9 only, but better where x is large."""
    far = torch.digamma(x + 40) - sum(1 / (x + k) for k in range(40))
    return torch.where(x.isfinite() & ((x > 0) | (x != x.floor())), far, torch.digamma(x))


def unary():
    everywhere, positive, unit = (-3, 3), (0.05, 4), (-0.95, 0.95)
    table = dict(
        neg=(torch.neg, everywhere), abs=(torch.abs, everywhere), sign=(torch.sign, everywhere),
        square=(torch.square, everywhere), sqrt=(torch.sqrt, positive), rsqrt=(torch.rsqrt, positive),
        reciprocal=(torch.reciprocal, (0.2, 4)), exp=(torch.exp, everywhere), expm1=(torch.expm1, everywhere),
        log=(torch.log, positive), log1p=(torch.log1p, (-0.9, 4)), sin=(torch.sin, everywhere),
        cos=(torch.cos, everywhere), tan=(torch.tan, (-1.4, 1.4)), asin=(torch.asin, unit), acos=(torch.acos, unit),
        atan=(torch.atan, everywhere), sinh=(torch.sinh, everywhere), cosh=(torch.cosh, everywhere),
        tanh=(torch.tanh, everywhere), asinh=(torch.asinh, everywhere), acosh=(acosh, (1.05, 5)),
        atanh=(torch.atanh, unit), sigmoid=(torch.sigmoid, everywhere), relu=(torch.relu, everywhere),
        softplus=(lambda x: torch.logaddexp(x, torch.zeros_like(x)), everywhere), erf=(torch.erf, everywhere),
        erfc=(torch.erfc, everywhere), erfinv=(torch.erfinv, unit), lgamma=(torch.lgamma, (-2.95, 6)),
        digamma=(digamma, (-2.95, 6)), floor=(torch.floor, everywhere), ceil=(torch.ceil, everywhere),
        round=(torch.round, everywhere))
    numpy_rules = dict(sign=np.sign, relu=lambda x: np.maximum(x, 0.0), log1p=np.log1p)
    magnitudes = numbers(1e-12, 3e-9, 2e-5, 0.004, 0.3, 0.9, 1.7, 6, 13, 25, 80, 300)
    for op, (function, (low, high)) in table.items():
        case(op, function, [draw.uniform((3, 5), low, high)])
        case(op, function, [draw.uniform((), low, high)])
        case(op, function, [np.zeros((0, 3))])
        wide = magnitudes if low >= 0 else np.concatenate([magnitudes, -magnitudes])
        wide = wide[(wide > -1) & (wide < 1)] if high < 1 else wide
        wide = wide[wide > -1] if op == "log1p" else wide
        wide = wide[wide >= 0.2] if op == "reciprocal" else wide
        wide = 1 + wide[wide > 0] if op == "acosh" else wide
        wide = wide[(wide > -20) & (wide != -6) & (wide != -13)] if op in ("lgamma", "digamma") else wide
        case(op, function, [wide])
        special = function(torch.tensor(SPECIAL)).numpy()
        if op in numpy_rules:
            with np.errstate(all="ignore"):
                special = numpy_rules[op](SPECIAL)
        literal(op, [SPECIAL], [special])
    halves = numbers(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4503599627370497.5)
    for op in ("floor", "ceil", "round"):
        literal(op, [halves], [table[op][0](torch.tensor(halves)).numpy()])
    for op in ("neg", "abs", "sign", "square"):
        literal(op, [np.array([-7, -1, 0, 3], dtype=np.int64)],
                [table[op][0](torch.tensor([-7, -1, 0, 3])).numpy()])


# Elementwise with two operands, which broadcast. floorDiv and mod are Python's // and %.

def binary():
    shapes = [((3, 4), (3, 4)), ((2, 3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 1, 3), (4, 1)), ((0, 3), (3,))]
    away = lambda shape: draw.distinct(shape, 0.3, 3.0)
    signed = lambda shape: draw.distinct(shape, -3.0, 3.0)
    table = dict(
        add=(torch.add, signed, signed), sub=(torch.sub, signed, signed), mul=(torch.mul, signed, signed),
        div=(torch.div, signed, away), floorDiv=(torch.floor_divide, signed, away), mod=(torch.remainder, signed, away),
        pow=(torch.pow, away, signed), minimum=(torch.minimum, signed, signed), maximum=(torch.maximum, signed, signed),
        atan2=(torch.atan2, signed, away))
    compare = dict(equal=torch.eq, notEqual=torch.ne, less=torch.lt, lessEqual=torch.le, greater=torch.gt,
                   greaterEqual=torch.ge)
    for op, (function, left, right) in table.items():
        for a, b in shapes:
            x, y = left(a), right(b)
            if op in ("minimum", "maximum"):
                y = y + 0.0123
            case(op, function, [x, y], gradient=op != "floorDiv")
    for op in ("floorDiv", "mod", "atan2", "div"):
        function = table[op][0]
        x, y = numbers(7.3, 7.3, -7.3, -7.3, 6, -6), numbers(2.1, -2.1, 2.1, -2.1, 4, 4)
        case(op, function, [x, y], gradient=op != "floorDiv")
    case("pow", torch.pow, [numbers(-2, -1.5, -0.5, -3), numbers(2, 3, -1, -2)], gradient=False)
    values = numbers(0.0, -0.0, 1, -1, 2.5, inf, -inf, nan)
    x, y = (v.ravel() for v in np.meshgrid(values, values))
    with np.errstate(all="ignore"):
        for op, function in dict(add=np.add, sub=np.subtract, mul=np.multiply, div=np.divide, mod=np.mod,
                                 pow=np.power, minimum=np.minimum, maximum=np.maximum, atan2=np.arctan2).items():
            literal(op, [x, y], [function(x, y)])
    ints = [np.array(v, dtype=np.int64) for v in ([7, 7, -7, -7, 6, 0, -8], [2, -2, 2, -2, 3, 5, 3])]
    for op in ("add", "sub", "mul", "floorDiv", "mod", "minimum", "maximum"):
        case(op, table[op][0], ints)
    for op, function in compare.items():
        for a, b in shapes:
            case(op, function, [draw.integers(a, 0, 3) * 0.5, draw.integers(b, 0, 3) * 0.5], gradient=False)
        case(op, function, [x, y], gradient=False)
        case(op, function, ints)
    for c, a, b in [((3, 4), (3, 4), (3, 4)), ((3, 1), (4,), (2, 3, 4)), ((2, 2), (), (2, 2)), ((0, 2), (2,), ())]:
        case("where", torch.where, [draw.integers(c, 0, 2).astype(bool), draw.uniform(a), draw.uniform(b)])


def along(axes, function):
    """Reduces one axis after another, keeping them all."""
    def reduce(x):
        for axis in axes:
            x = function(x, axis)
        return x
    return reduce


def over(x, axes, keep, function):
    """`function(x, axis)` keeps its axis; takes the reduced axes away unless asked to keep them."""
    axes = range(x.ndim) if axes is None else sorted({a % x.ndim for a in axes})
    y = along(axes, function)(x)
    return y if keep else y.reshape([n for i, n in enumerate(x.shape) if i not in axes])


def reductions():
    every = lambda f: lambda x, axes, keep: f(x, dim=tuple(range(x.ndim)) if axes is None else axes, keepdim=keep)
    table = dict(
        sum=every(torch.sum), mean=every(torch.mean),
        prod=lambda x, axes, keep: over(x, axes, keep, lambda x, a: torch.prod(x, a, keepdim=True)),
        max=every(torch.amax), min=every(torch.amin), logSumExp=every(torch.logsumexp),
        variance=every(lambda x, **kw: torch.var(x, correction=0, **kw)),
        std=every(lambda x, **kw: torch.std(x, correction=0, **kw)))
    where = [((3, 4), None, False), ((3, 4), [0], False), ((3, 4), [1], True), ((2, 3, 4), [0, 2], False),
             ((2, 3, 4), [-2], False), ((2, 3, 2, 2), [1, -1], True), ((2, 3), None, True), ((7,), [0], False),
             ((1, 5), [0], False)]
    for op, function in table.items():
        for shape, axes, keep in where:
            if op == "std" and shape == (1, 5):
                continue  # no deviation: the gradient is 0 / 0
            case(op, lambda x: function(x, axes, keep), [draw.distinct(shape)], dict(axes=axes, keepDims=keep))
    for shape, axes in [((0, 3), [0]), ((3, 0), [0]), ((0,), None)]:
        for op in ("sum", "prod"):
            case(op, lambda x: table[op](x, axes, False), [np.zeros(shape)], dict(axes=axes, keepDims=False))
    zeros = numbers(2, 0, 3, 0.5, 4, 5, 0, -3, 0).reshape(3, 3)
    case("prod", lambda x: table["prod"](x, [1], False), [zeros], dict(axes=[1], keepDims=False))
    odd = np.array([[1, nan, 2], [inf, -inf, 0], [inf, 1, 2], [-inf, -inf, -inf]])
    for op in ("sum", "mean", "max", "min", "prod", "logSumExp"):
        case(op, lambda x: table[op](x, [1], False), [odd], dict(axes=[1], keepDims=False), gradient=False)
    large = numbers(1000, 1001, 999, -1000, -1001, -1002).reshape(2, 3)
    case("logSumExp", lambda x: table["logSumExp"](x, [1], False), [large], dict(axes=[1], keepDims=False))

    for op, function in (("argmax", np.argmax), ("argmin", np.argmin)):
        tied = numbers(1, 3, 3, 0, 0, 2, 5, 5, 5).reshape(3, 3)
        for x, axis in [(draw.distinct((3, 5)), 0), (draw.distinct((3, 5)), 1), (draw.distinct((2, 3, 4)), -2),
                        (tied, 1), (tied, 0)]:
            literal(op, [x], [function(x, axis=axis)], dict(axis=axis))

    for order in (1, 2, "inf"):
        for shape, axes, keep in [((3, 4), None, False), ((3, 4), [1], False), ((2, 3, 4), [0, 2], True)]:
            case("norm", lambda x: torch.linalg.vector_norm(x, float(order), axes, keep), [draw.distinct(shape)],
                 dict(order=order, axes=axes, keepDims=keep))


def cumulative():
    table = dict(cumsum=(torch.cumsum, 0.0), cumprod=(torch.cumprod, 1.0),
                 cummax=(lambda x, a: torch.cummax(x, a).values, -inf),
                 cummin=(lambda x, a: torch.cummin(x, a).values, inf))

    def scan(x, axis, exclusive, reverse, function, neutral):
        x = x.flip(axis) if reverse else x
        y = function(x, axis)
        if exclusive:
            first = torch.full_like(y.narrow(axis, 0, 1), neutral)
            y = torch.cat([first, y.narrow(axis, 0, y.shape[axis] - 1)], axis)
        return y.flip(axis) if reverse else y

    for op, (function, neutral) in table.items():
        for shape, axis in [((6,), 0), ((3, 4), 0), ((2, 4, 3), -2)]:
            for exclusive, reverse in [(False, False), (True, False), (False, True), (True, True)]:
                case(op, lambda x: scan(x, axis, exclusive, reverse, function, neutral), [draw.distinct(shape)],
                     dict(axis=axis, exclusive=exclusive, reverse=reverse))
    zeros = numbers(2, 0, 3, 0, 5)
    case("cumprod", lambda x: torch.cumprod(x, 0), [zeros], dict(axis=0, exclusive=False, reverse=False))


def softmax():
    for op, function in (("softmax", torch.softmax), ("logSoftmax", torch.log_softmax)):
        for shape, axis in [((3, 5), -1), ((3, 5), 0), ((2, 3, 4), 1), ((4,), 0), ((3, 1), 1)]:
            case(op, lambda x: function(x, axis), [draw.uniform(shape, -4, 4)], dict(axis=axis))
        far = numbers(1000, 1001, 999, -1000, 0, 1000, -inf, 0, 1).reshape(3, 3)
        case(op, lambda x: function(x, 1), [far], dict(axis=1), gradient=False)
    for shape in [(4, 5), (2, 3, 4), (1, 2)]:
        flat = lambda x, y: F.cross_entropy(x.reshape(-1, x.shape[-1]), y.reshape(-1), reduction="none")
        case("sparseSoftmaxCrossEntropy", lambda x, y: flat(x, y).reshape(y.shape),
             [draw.uniform(shape, -4, 4), draw.integers(shape[:-1], 0, shape[-1])])
    far = numbers(1000, 0, -1000, 800, -800, 0).reshape(2, 3)
    case("sparseSoftmaxCrossEntropy", lambda x, y: F.cross_entropy(x, y, reduction="none"), [far, np.array([1, 0])])


def linear_algebra():
    swap = lambda x, wanted: x.transpose(-1, -2) if wanted else x
    for a, b in [((3, 4), (4, 5)), ((1, 4), (4, 1)), ((2, 3, 4), (2, 4, 5)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)),
                 ((2, 1, 3, 4), (3, 4, 2)), ((0, 4), (4, 5)), ((3, 0), (0, 2))]:
        for left, right in [(False, False), (True, False), (False, True), (True, True)]:
            flip = lambda shape, wanted: (*shape[:-2], shape[-1], shape[-2]) if wanted else shape
            case("matmul", lambda x, y: swap(x, left) @ swap(y, right),
                 [draw.uniform(flip(a, left)), draw.uniform(flip(b, right))], dict(transposeA=left, transposeB=right))
    for equation, *shapes in [
            ("ij,jk->ik", (3, 4), (4, 2)), ("bij,bjk->bik", (2, 3, 4), (2, 4, 2)),
            ("bqhd,bkhd->bhqk", (2, 3, 2, 4), (2, 5, 2, 4)), ("...ij,...jk->...ik", (2, 3, 4), (4, 2)),
            ("i,j->ij", (3,), (4,)), ("ijk->kij", (2, 3, 4)), ("ijk->j", (2, 3, 4)), ("ii->i", (4, 4)),
            ("ii->", (4, 4)), ("ij,ij->", (3, 4), (3, 4)), ("abc,cd,be->ade", (2, 3, 4), (4, 2), (3, 5)),
            ("ij,jk", (3, 4), (4, 2))]:
        case("einsum", lambda *x: torch.einsum(equation, *x), [draw.uniform(s) for s in shapes],
             dict(equation=equation))


def convolve(x, kernel, strides, dilation, groups, padding):
    """Channels last, as Keras lays images and kernels out."""
    n = kernel.ndim - 2
    x = x.movedim(-1, 1)
    x = F.pad(x, [p for pair in reversed(padding) for p in pair])
    kernel = kernel.permute(n + 1, n, *range(n))
    function = (F.conv1d, F.conv2d, F.conv3d)[n - 1]
    return function(x, kernel, None, strides, 0, dilation, groups).movedim(1, -1)


def same(size, kernel, strides, dilation=None):
    """Keras's padding "same": the output has ceil(size / stride) elements, an odd one of the zeros goes to the end."""
    total = [max((-(-s // t) - 1) * t + (k - 1) * d + 1 - s, 0)
             for s, k, t, d in zip(size, kernel, strides, dilation or [1] * len(size))]
    return [[t // 2, t - t // 2] for t in total]


def convolution():
    for size, kernel, channels, filters, strides, dilation, groups, mode in [
            ((7,), (3,), 2, 3, [1], [1], 1, "valid"), ((7,), (3,), 2, 3, [2], [1], 1, "same"),
            ((8,), (3,), 2, 2, [1], [2], 1, "same"), ((8,), (4,), 2, 3, [1], [1], 1, "same"),
            ((9,), (3,), 2, 2, [1], [2], 1, "causal"),
            ((5, 6), (3, 3), 2, 3, [1, 1], [1, 1], 1, "valid"), ((5, 6), (3, 3), 2, 3, [1, 1], [1, 1], 1, "same"),
            ((6, 5), (3, 3), 2, 3, [2, 2], [1, 1], 1, "same"), ((6, 7), (3, 2), 1, 2, [2, 3], [1, 1], 1, "valid"),
            ((7, 6), (3, 2), 2, 2, [1, 1], [2, 3], 1, "same"), ((5, 5), (3, 3), 4, 6, [1, 1], [1, 1], 2, "same"),
            ((5, 5), (3, 3), 3, 3, [2, 2], [1, 1], 3, "valid"), ((4, 4), (1, 1), 3, 2, [1, 1], [1, 1], 1, "valid"),
            ((5, 5), (1, 1), 2, 3, [2, 2], [1, 1], 1, "same"), ((3, 3), (3, 3), 2, 2, [1, 1], [1, 1], 1, "valid"),
            ((2, 2), (5, 5), 1, 1, [1, 1], [1, 1], 1, "same"), ((6, 6), (4, 4), 1, 2, [1, 1], [1, 1], 1, "same"),
            ((4, 5, 3), (2, 3, 2), 2, 2, [1, 1, 1], [1, 1, 1], 1, "valid"),
            ((4, 3, 4), (3, 3, 3), 1, 2, [2, 1, 2], [1, 1, 1], 1, "same"),
            ((5, 4, 4), (2, 2, 2), 2, 2, [1, 1, 1], [2, 1, 2], 2, "same")]:
        padding = dict(valid=[[0, 0]] * len(size), same=same(size, kernel, strides, dilation),
                       causal=[[(kernel[0] - 1) * dilation[0], 0]])[mode]
        case("conv", lambda x, k: convolve(x, k, strides, dilation, groups, padding),
             [draw.uniform((2, *size, channels)), draw.uniform((*kernel, channels // groups, filters))],
             dict(strides=strides, dilation=dilation, groups=groups, padding=padding))
    padding = [[0, 2], [1, 0]]
    case("conv", lambda x, k: convolve(x, k, [1, 1], [1, 1], 1, padding),
         [draw.uniform((1, 4, 4, 2)), draw.uniform((3, 3, 2, 2))],
         dict(strides=[1, 1], dilation=[1, 1], groups=1, padding=padding))

    for size, kernel, channels, multiplier, strides, dilation, mode in [
            ((5, 6), (3, 3), 3, 1, [1, 1], [1, 1], "same"), ((5, 6), (3, 2), 2, 2, [1, 1], [1, 1], "valid"),
            ((6, 6), (3, 3), 2, 1, [2, 2], [1, 1], "same"), ((7, 6), (3, 3), 2, 3, [1, 1], [2, 2], "same")]:
        padding = same(size, kernel, strides, dilation) if mode == "same" else [[0, 0]] * 2
        case("depthwise", lambda x, k: convolve(x, k.reshape(*kernel, 1, -1), strides, dilation, channels, padding),
             [draw.uniform((2, *size, channels)), draw.uniform((*kernel, channels, multiplier))],
             dict(strides=strides, dilation=dilation, padding=padding))

    for size, pool, strides, mode in [
            ((6, 6), [2, 2], [2, 2], "valid"), ((5, 7), [2, 2], [2, 2], "valid"), ((5, 7), [2, 2], [2, 2], "same"),
            ((6, 5), [3, 3], [1, 1], "same"), ((7, 7), [3, 2], [2, 3], "same"), ((5, 5), [2, 2], [1, 1], "valid"),
            ((3, 4), [3, 4], [1, 1], "valid")]:
        padding = same(size, pool, strides) if mode == "same" else [[0, 0]] * 2
        around = [p for pair in reversed(padding) for p in pair]
        inside = F.pad(torch.ones(1, 1, *size, dtype=torch.float64), around)

        def largest(x):
            return F.max_pool2d(F.pad(x.movedim(-1, 1), around, value=-inf), pool, strides).movedim(1, -1)

        def average(x):
            share = F.avg_pool2d(inside, pool, strides)  # of each window that is not padding
            return (F.avg_pool2d(F.pad(x.movedim(-1, 1), around), pool, strides) / share).movedim(1, -1)

        for op, function in (("maxPool", largest), ("avgPool", average)):
            case(op, function, [draw.distinct((2, *size, 2))], dict(size=pool, strides=strides, padding=padding))


# Ops that only move elements are computed on the numbers of the elements, by NumPy, and then read by them.

def moved(x, rearrange):
    places = torch.tensor(np.ascontiguousarray(rearrange(np.arange(x.numel()).reshape(x.shape))))
    return x.reshape(-1)[places]


def shapes():
    for shape, order in [((3, 4), [1, 0]), ((2, 3, 4), [2, 0, 1]), ((2, 3, 4), [0, 2, 1]), ((2, 3, 2, 2), [0, 3, 1, 2]),
                         ((2, 1, 3), [1, 0, 2]), ((5,), [0]), ((0, 3), [1, 0])]:
        case("transpose", lambda x: x.permute(order), [draw.uniform(shape)], dict(permutation=order))
    for shape, new in [((2, 6), [3, 4]), ((2, 3, 2), [-1]), ((4, 3), [2, -1, 2]), ((1,), []), ((), [1, 1]),
                       ((0, 3), [3, 0])]:
        case("reshape", lambda x: x.reshape(new), [draw.uniform(shape)], dict(shape=new))
    for shape, starts, ends, strides in [
            ((6,), [1], [5], [2]), ((6,), [None], [None], [-1]), ((6,), [4], [0], [-2]), ((6,), [-3], [None], [1]),
            ((6,), [2], [100], [1]), ((6,), [4], [2], [1]), ((4, 5), [1, None], [3, -1], [1, 2]),
            ((4, 5), [None, 3], [None, None], [-2, -1]), ((2, 3, 4), [0, 1, -1], [1, 3, None], [1, 1, -3])]:
        index = tuple(slice(*s) for s in zip(starts, ends, strides))
        case("slice", lambda x: moved(x, lambda i: i[index]), [draw.uniform(shape)],
             dict(starts=starts, ends=ends, strides=strides))
    for axis, *parts in [(0, (2, 3), (1, 3)), (1, (2, 3), (2, 1), (2, 2)), (-1, (2, 2, 1), (2, 2, 3)),
                         (0, (0, 2), (3, 2)), (0, (4,))]:
        case("concatenate", lambda *x: torch.cat(x, axis), [draw.uniform(s) for s in parts], dict(axis=axis))
    for axis, shape, count in [(0, (2, 3), 2), (1, (2, 3), 3), (-1, (2, 3), 2), (0, (), 3)]:
        case("stack", lambda *x: torch.stack(x, axis), [draw.uniform(shape) for _ in range(count)], dict(axis=axis))
    for shape, axis, sizes in [((6, 2), 0, [2, 2, 2]), ((2, 6), 1, [1, 3, 2]), ((2, 3, 4), -1, [3, 1]),
                               ((3,), 0, [0, 3])]:
        case("split", lambda x: torch.split(x, sizes, axis), [draw.uniform(shape)], dict(axis=axis, sizes=sizes))
    for shape, padding in [((5,), [[1, 2]]), ((3, 4), [[2, 0], [1, 3]]), ((2, 3, 4), [[0, 0], [2, 1], [0, 3]])]:
        for value in (0.0, -1.5):
            around = [p for pair in reversed(padding) for p in pair]
            case("pad", lambda x: F.pad(x, around, value=value), [draw.uniform(shape)],
                 dict(padding=padding, mode="constant", value=value))
        for mode in ("reflect", "symmetric"):
            case("pad", lambda x: moved(x, lambda i: np.pad(i, padding, mode)), [draw.uniform(shape)],
                 dict(padding=padding, mode=mode))
    for shape, repeats in [((3,), [2]), ((2, 3), [2, 1]), ((2, 3), [3, 2]), ((2, 1, 2), [1, 3, 2]), ((2,), [0])]:
        case("tile", lambda x: x.tile(repeats), [draw.uniform(shape)], dict(repeats=repeats))
    for shape, new in [((3,), [2, 3]), ((2, 1), [2, 4]), ((), [2, 2]), ((1, 3, 1), [2, 3, 2]), ((1,), [0])]:
        case("broadcastTo", lambda x: x.expand(new).clone(), [draw.uniform(shape)], dict(shape=new))
    for low, high in [(-1.0, 1.0), (0.0, 6.0), (-inf, 0.5), (-0.5, inf)]:
        case("clip", lambda x: x.clamp(low, high), [draw.distinct((3, 4), -3, 7.1)],
             dict(min=number(low), max=number(high)))
    case("clip", lambda x: x.clamp(-1.0, 1.0), [numbers(nan, inf, -inf, 0.0)], dict(min=-1.0, max=1.0), gradient=False)


def indexing():
    def gather(x, indices, axis):
        return x.index_select(axis, indices.reshape(-1)).reshape(
            *x.shape[:axis], *indices.shape, *x.shape[axis + 1:])

    for shape, axis, index in [((5, 3), 0, (4,)), ((5, 3), 0, (2, 3)), ((3, 4), 1, (5,)), ((2, 4, 3), 1, (2, 2)),
                               ((4, 2), 0, ()), ((4, 2), 0, (0,))]:
        case("gather", lambda x, i: gather(x, i, axis), [draw.uniform(shape), draw.integers(index, 0, shape[axis])],
             dict(axis=axis))
    for shape, axis, index in [((4, 3), 0, (2, 3)), ((3, 4), 1, (3, 6)), ((2, 3, 4), -1, (2, 3, 2))]:
        case("takeAlongAxis", lambda x, i: torch.take_along_dim(x, i, axis),
             [draw.uniform(shape), draw.integers(index, 0, shape[axis])], dict(axis=axis))
    # x with updates added to the places that gather would read; indices repeat.
    for shape, axis, count in [((5, 3), 0, 4), ((5, 3), 0, 9), ((3, 4), 1, 6), ((2, 4, 3), 1, 5), ((3, 2), 0, 0)]:
        updates = (*shape[:axis], count, *shape[axis + 1:])
        case("scatterAdd", lambda x, i, u: x.index_add(axis, i, u),
             [draw.uniform(shape), draw.integers((count,), 0, shape[axis]), draw.uniform(updates)], dict(axis=axis))
    for shape, index in [((4, 3), (5, 2)), ((4, 3), (2, 2, 1)), ((2, 3, 4), (3, 3)), ((2, 3, 4), (2, 2, 2))]:
        indices = np.stack([draw.integers(index[:-1], 0, n) for n in shape[:index[-1]]], axis=-1)
        case("gatherND", lambda x, i: x[tuple(i.unbind(-1))], [draw.uniform(shape), indices])
    for indices, depth in [([0, 2, 1, 2], 3), ([[1, 0], [3, 2]], 4), ([-1, 0, 5], 3), ([], 2)]:
        indices = np.array(indices, dtype=np.int64)
        literal("oneHot", [indices], [(indices[..., None] == np.arange(depth)).astype(np.float64)], dict(depth=depth))
    for shape, axis in [((7,), 0), ((3, 4), 0), ((3, 4), 1), ((2, 3, 4), -2)]:
        for descending in (False, True):
            case("sort", lambda x: torch.sort(x, axis, descending).values, [draw.distinct(shape)],
                 dict(axis=axis, descending=descending))
    for shape, k in [((7,), 3), ((3, 5), 2), ((2, 3, 4), 4), ((4,), 1)]:
        case("topK", lambda x: tuple(torch.topk(x, k)), [draw.distinct(shape)], dict(k=k))


def normalization():
    def batch_norm(x, scale, offset, epsilon):
        first = x.movedim(-1, 1)
        y = F.batch_norm(first, None, None, scale, offset, True, 0.0, epsilon).movedim(1, -1)
        axes = tuple(range(x.ndim - 1))
        return y, x.mean(axes), x.var(axes, correction=0)

    for shape, epsilon in [((3, 5), 1e-3), ((2, 3, 4), 1e-6), ((4, 40), 1e-3), ((1, 2), 0.1), ((70, 3), 1e-3)]:
        n = shape[-1:]
        x, scale, offset = draw.uniform(shape), draw.uniform(n), draw.uniform(n)
        args = dict(epsilon=epsilon)
        case("layerNorm", lambda x, s, b: F.layer_norm(x, n, s, b, epsilon), [x, scale, offset], args)
        case("layerNorm", lambda x: F.layer_norm(x, n, None, None, epsilon), [x], args)
        case("rmsNorm", lambda x, s: F.rms_norm(x, n, s, epsilon), [x, scale], args)
        case("rmsNorm", lambda x: F.rms_norm(x, n, None, epsilon), [x], args)
    for shape, epsilon in [((5, 3), 1e-3), ((2, 3, 4), 1e-3), ((2, 3, 3, 2), 1e-5), ((150, 2), 1e-3), ((3, 300), 1e-2)]:
        n = shape[-1:]
        x, scale, offset = draw.uniform(shape), draw.uniform(n), draw.uniform(n)
        case("batchNorm", lambda x, s, b: batch_norm(x, s, b, epsilon), [x, scale, offset], dict(epsilon=epsilon))
        case("batchNorm", lambda x: batch_norm(x, None, None, epsilon), [x], dict(epsilon=epsilon))


def attention():
    """[batch, places, heads, depth]; where a query sees nothing, all of its weights are alike."""
    def attend(q, k, v, visible, bias, scale):
        repeats = q.shape[2] // k.shape[2]
        k, v = (x.repeat_interleave(repeats, 2) for x in (k, v))
        scores = torch.einsum("bthd,bshd->bhts", q, k) * scale
        if bias is not None:
            scores = scores + bias
        if visible is not None:
            scores = torch.where(visible, scores, -1e300)
        return torch.einsum("bhts,bshv->bthv", torch.softmax(scores, -1), v)

    for batch, queries, keys, heads, key_heads, depth, value_depth, causal, mask, scale in [
            (2, 3, 4, 2, 2, 3, 3, False, None, 0.5), (1, 4, 4, 4, 2, 2, 3, True, None, None),
            (2, 5, 3, 2, 1, 4, 2, True, None, 1.0), (2, 3, 4, 2, 2, 3, 3, False, (2, 1, 3, 4), 0.5),
            (2, 4, 4, 2, 2, 3, 3, True, (2, 1, 1, 4), None), (2, 3, 4, 4, 2, 2, 2, False, (1, 4, 3, 1), None),
            (1, 1, 1, 1, 1, 1, 1, False, None, None)]:
        q, k = draw.uniform((batch, queries, heads, depth)), draw.uniform((batch, keys, key_heads, depth))
        v = draw.uniform((batch, keys, key_heads, value_depth))
        factor = depth ** -0.5 if scale is None else scale
        seen = torch.ones(queries, keys, dtype=torch.bool).tril() if causal else None
        args = dict(isCausal=causal) | ({} if scale is None else dict(scale=scale))
        if mask is None:
            case("attention", lambda q, k, v: attend(q, k, v, seen, None, factor), [q, k, v], args)
            bias = draw.uniform((batch, 1, queries, keys))
            case("biasedAttention", lambda q, k, v, b: attend(q, k, v, seen, b, factor), [q, k, v, bias], args)
        else:
            both = lambda m: m if seen is None else m & seen
            visible = draw.integers(mask, 0, 3) > 0
            visible[(0,) * 3] = False
            case("attention", lambda q, k, v, m: attend(q, k, v, both(m), None, factor), [q, k, v, visible], args)


def matrices():
    """Square matrices far from singular; those of a Cholesky decomposition symmetric and positive definite."""
    for shape in [(3, 3), (2, 2, 2), (1, 1), (2, 1, 4, 4)]:
        a = draw.uniform(shape, -1, 1) + 2 * np.eye(shape[-1])
        b = draw.uniform(shape[:-1] + (2,))
        symmetric = a @ np.swapaxes(a, -1, -2)
        case("cholesky", torch.linalg.cholesky, [symmetric])
        case("inverse", torch.linalg.inv, [a])
        case("determinant", torch.linalg.det, [a])
        case("logDeterminant", lambda x: torch.linalg.slogdet(x)[1], [-a])
        case("solve", torch.linalg.solve, [a, b])
        for upper in (False, True):
            case("solveTriangular", lambda a, b: torch.linalg.solve_triangular(a, b, upper=upper), [a, b], dict(reverse=upper))


for section in (unary, binary, reductions, cumulative, softmax, linear_algebra, convolution, shapes, indexing,
                normalization, attention, matrices):
    begin(section.__name__)
    section()
for name, cases in groups.items():
    write(f"MartletCoreTests/Fixtures/{name.replace('_a', 'A')}.json", SOURCE, cases)
