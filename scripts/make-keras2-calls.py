#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/keras2/calls.json and calls.npz: small models of Keras 2, most of one call of a function
of TensorFlow, and what Keras 2 makes of them.

Needs Python 3.11 or older with tensorflow-cpu==2.15.*. calls.json has the configurations by name, and under "refused" those
that Martlet says to be out of reach, by the function's name. calls.npz has for each the inputs NAME/x0, the results NAME/y0
and the weights NAME/w0.
"""
import json
import os
import pathlib
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
warnings.simplefilter("ignore")
import numpy as np
import tensorflow as tf

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/MartletNNTests/Fixtures/keras2"
K, L = tf.keras.backend, tf.keras.layers
rng = np.random.default_rng(3)
cases = []


def c(name, function, *inputs, shapes=None):
    """A case: its name, the function of the inputs, arrays for them, and their shapes where these have unknown sizes."""
    cases.append((name, function, inputs, shapes or [x.shape[1:] for x in inputs]))


def f(*shape): return np.round(rng.standard_normal(shape), 2).astype("f4")
def p(*shape): return np.round(rng.uniform(.2, .9, shape), 2).astype("f4")
def i(*shape): return rng.integers(-9, 9, shape).astype("i4")
def n(high, *shape): return rng.integers(0, high, shape).astype("i4")
def u8(*shape): return rng.integers(0, 256, shape).astype("u1")


# operators
X = lambda: f(5, 4)
for nm, fn in dict(add=lambda x: x + 2, radd=lambda x: 2 + x, sub=lambda x: x - 1.5, rsub=lambda x: 1.5 - x,
    mul=lambda x: x * 3, div=lambda x: x / 3, rdiv=lambda x: 3 / (x + 5),
  fdiv=lambda x: x // 0.3, rfdiv=lambda x: 3 // (x + 5), mod=lambda x: x % 0.7, rmod=lambda x: 7 % (x + 5),
    pow=lambda x: x ** 2, rpow=lambda x: 2 ** x, neg=lambda x: -x, abs=lambda x: abs(x),
  lt=lambda x: x < 0, le=lambda x: x <= 0, gt=lambda x: x > 0, ge=lambda x: x >= 0, eq=lambda x: tf.equal(x, 0.),
    ne=lambda x: tf.not_equal(x, 0.), and_=lambda x: (x > 0) & (x < 1), or_=lambda x: (x > 1) | (x < 0),
    inv=lambda x: ~(x > 0),
  xor=lambda x: (x > 0) ^ (x < 1)).items():
    c('op_' + nm, fn, X())
for nm, fn in dict(add=lambda x: x + 2, sub=lambda x: 3 - x, mul=lambda x: x * 3, div=lambda x: x / 4, fdiv=lambda x: x // 4,
    rfdiv=lambda x: 7 // (tf.abs(x) + 1), mod=lambda x: x % 4, pow=lambda x: x ** 2, neg=lambda x: -x, abs=lambda x: abs(x),
    lt=lambda x: x < 2,
   eq=lambda x: tf.equal(x, 2), sum=lambda x: tf.reduce_sum(x, 1), mean=lambda x: tf.reduce_mean(x, 1),
    meanall=lambda x: tf.reduce_mean(x, -1, keepdims=True), max=lambda x: tf.reduce_max(x, 1),
    prod=lambda x: tf.reduce_prod(x, 1), sq=lambda x: tf.square(x), sign=lambda x: tf.sign(x),
    sqd=lambda x: tf.math.squared_difference(x, 3),
   clip=lambda x: tf.clip_by_value(x, -2, 3), cumsum=lambda x: tf.cumsum(x, 1), maximum=lambda x: tf.maximum(x, 2),
    floormod=lambda x: tf.math.floormod(x, 5), truncdiv=lambda x: tf.truncatediv(x, 4),
    truncmod=lambda x: tf.truncatemod(x, 4), truediv=lambda x: tf.math.truediv(x, 3), relu=lambda x: tf.nn.relu(x),
    sort=lambda x: tf.sort(x), topk=lambda x: tf.math.top_k(x, 2).values, cnz=lambda x: tf.math.count_nonzero(x, 1),
   bitand=lambda x: tf.bitwise.bitwise_and(x, 3), bitor=lambda x: tf.bitwise.bitwise_or(x, 3),
    bitxor=lambda x: tf.bitwise.bitwise_xor(x, 3), binv=lambda x: tf.bitwise.invert(x),
    shl=lambda x: tf.bitwise.left_shift(x, 2), shr=lambda x: tf.bitwise.right_shift(x, 2),
   castf=lambda x: tf.cast(x, 'float32') / 7, castb=lambda x: tf.cast(x, 'bool'), cast64=lambda x: tf.cast(x, tf.int64),
    onehot=lambda x: tf.one_hot(x, 5)).items():
    c('int_' + nm, fn, i(5, 4))
c('op_matmul', lambda x, y: x @ y, f(5, 3, 4), f(5, 4, 2))
c('op_matmulc', lambda x: x @ tf.constant(np.arange(8.).reshape(4, 2), tf.float32), f(5, 4))
c('op_rmatmulc', lambda x: tf.constant(np.arange(6.).reshape(2, 3), tf.float32) @ x, f(5, 3, 4))
# getitem
for nm, fn in dict(i=lambda x: x[:, 1], neg=lambda x: x[:, -1], sl=lambda x: x[:, 1:3], step=lambda x: x[:, ::2],
    nstep=lambda x: x[:, ::-1], nstep2=lambda x: x[:, 3:0:-2], ell=lambda x: x[..., 0], ell2=lambda x: x[..., 1:, :2],
    new=lambda x: x[:, tf.newaxis], newend=lambda x: x[..., tf.newaxis], newmid=lambda x: x[:, :, None, 1:],
    batch=lambda x: x[1:], batchneg=lambda x: x[::-1], ellmid=lambda x: x[:, ..., -1], ellneg=lambda x: x[..., ::-1],
    ellall=lambda x: x[...], ellnew=lambda x: x[..., None, :], last=lambda x: x[:, -2:, :-1]).items():
    c('get_' + nm, fn, f(5, 4, 3))
# unary
for nm in """
        abs sign square sqrt rsqrt exp expm1 log log1p floor ceil round rint sin cos tan asin acos atan sinh cosh tanh
        asinh atanh erf erfc erfinv ndtri lgamma digamma sigmoid log_sigmoid softplus softsign reciprocal negative
        reciprocal_no_nan is_nan is_inf is_finite bessel_i0 bessel_i1 bessel_i0e bessel_i1e""".split():
    c('math_' + nm, lambda x, nm=nm: getattr(tf.math, nm)(x), p(5, 4))
c('math_acosh', lambda x: tf.math.acosh(x + 1.5), p(5, 4))
for nm in """
        relu relu6 elu selu silu swish gelu leaky_relu crelu softmax log_softmax
        sigmoid tanh softplus softsign l2_loss""".split():
    c('nn_' + nm, lambda x, nm=nm: getattr(tf.nn, nm)(x), f(5, 4))
c('nn_gelu_approx', lambda x: tf.nn.gelu(x, approximate=True), f(5, 4))
c('nn_softmax_axis', lambda x: tf.nn.softmax(x, axis=1), f(5, 4, 3))
c('nn_silu_beta', lambda x: tf.nn.silu(x, 0.5), f(5, 4))
c('nn_l2n', lambda x: tf.nn.l2_normalize(x, -1), f(5, 4))
c('nn_l2n_axes', lambda x: tf.math.l2_normalize(x, [1, 2]), f(5, 4, 3))
c('nn_l2n_eps', lambda x: tf.math.l2_normalize(x, 1, epsilon=1e-3), f(5, 4))
c('identity', lambda x: tf.identity(x), f(5, 4))
c('stopgrad', lambda x: tf.stop_gradient(x) * x, f(5, 4))
c('zeros_like', lambda x: tf.zeros_like(x) + x, f(5, 4))
c('ones_like', lambda x: tf.ones_like(x), f(5, 4))
c('ones_like_i', lambda x: tf.ones_like(x, dtype=tf.int32), f(5, 4))
c('zeros_like_dt', lambda x: tf.zeros_like(x, dtype='float32'), i(5, 4))
# binary
for nm in """
        add subtract multiply divide divide_no_nan multiply_no_nan truediv floordiv floormod mod pow maximum minimum
        atan2 squared_difference xdivy xlogy xlog1py equal not_equal greater greater_equal less less_equal igamma
        igammac zeta nextafter""".split():
    c('bin_' + nm, lambda x, y, nm=nm: getattr(tf.math, nm)(x, y), p(5, 4), p(5, 4))
    if nm not in ('nextafter', 'zeta', 'igamma', 'igammac'):
        c('binc_' + nm, lambda x, nm=nm: getattr(tf.math, nm)(x, 0.5), p(5, 4))
for nm in """
        logical_and logical_or logical_xor""".split():
    c('bin_' + nm, lambda x, y, nm=nm: getattr(tf.math, nm)(x > .5, y > .5), p(5, 4), p(5, 4))
c('accumulate_n', lambda x, y: tf.math.accumulate_n([x, y]), f(5, 4), f(5, 4))
c('add_n', lambda x, y: tf.add_n([x, y, x]), f(5, 4), f(5, 4))
c('add_n1', lambda x: tf.add_n([x]), f(5, 4))
c('polyval', lambda x: tf.math.polyval([1., 2., 3.], x), f(5, 4))
c('lerp', lambda x, y: x + .3 * (y - x), f(5, 4), f(5, 4))
# reductions
for nm in """
        reduce_mean reduce_sum reduce_max reduce_min reduce_prod reduce_variance reduce_std reduce_logsumexp
        reduce_euclidean_norm""".split():
    c(nm, lambda x, nm=nm: getattr(tf.math, nm)(x, 1), f(5, 4, 3))
c(nm + '_kd', lambda x, nm=nm: getattr(tf.math, nm)(x, axis=[1, 2], keepdims=True), f(5, 4, 3))
c(nm + '_neg', lambda x, nm=nm: getattr(tf.math, nm)(x, axis=-1), f(5, 4, 3))
c('reduce_any', lambda x: tf.reduce_any(x > 1, 1), f(5, 4, 3))
c('reduce_all', lambda x: tf.reduce_all(x > -1, -1, keepdims=True), f(5, 4, 3))
c('count_nonzero', lambda x: tf.math.count_nonzero(x > 0, axis=1), f(5, 4))
c('count_nonzero_dt', lambda x: tf.math.count_nonzero(x, axis=1, dtype=tf.int32, keepdims=True), i(5, 4))
c('argmax', lambda x: tf.argmax(x, -1), f(5, 4))
c('argmin', lambda x: tf.argmin(x, axis=1), f(5, 4))
c('argmax32', lambda x: tf.argmax(x, 1, output_type=tf.int32), f(5, 4))
c('argmax_emb', lambda x: tf.one_hot(tf.argmax(x, -1), 4), f(5, 4))
for e in (False, True):
    for r in (False, True): c(f'cumsum{e}{r}', lambda x, e=e, r=r: tf.cumsum(x, axis=1, exclusive=e, reverse=r), f(5, 4, 3))
c(f'cumprod{e}{r}', lambda x, e=e, r=r: tf.math.cumprod(x, axis=-1, exclusive=e, reverse=r), f(5, 4, 3))
c('cumlse', lambda x: tf.math.cumulative_logsumexp(x, axis=1), f(5, 4))
c('top_k', lambda x: [tf.math.top_k(x, 2).values, tf.math.top_k(x, 2).indices], f(5, 4))
c('in_top_k', lambda x, y: tf.math.in_top_k(tf.reshape(y, [-1]), x, 2), f(5, 4), n(4, 5, 1))
c('top_k_unsorted', lambda x: tf.reduce_sum(tf.math.top_k(x, 2, sorted=False).values, -1), f(5, 4))
c('norm', lambda x: tf.norm(x, axis=-1), f(5, 4))
c('norm_kd', lambda x: tf.norm(x, axis=1, keepdims=True), f(5, 4, 3))
c('norm1', lambda x: tf.norm(x, ord=1, axis=1), f(5, 4))
c('norminf', lambda x: tf.norm(x, ord=np.inf, axis=1), f(5, 4))
c('norm3', lambda x: tf.norm(x, ord=3, axis=1), f(5, 4))
c('normfro', lambda x: tf.norm(x, axis=[1, 2]), f(5, 4, 3))
c('norm_all', lambda x: tf.norm(x), f(5, 4))
c('moments', lambda x: list(tf.nn.moments(x, axes=[1])), f(5, 4, 3))
c('moments_kd', lambda x: list(tf.nn.moments(x, axes=[1, 2], keepdims=True)), f(5, 4, 3))
c('weighted_moments',
  lambda x: list(tf.nn.weighted_moments(x, [1], tf.constant(np.arange(4.).reshape(1, 4, 1) + 1, tf.float32))), f(5, 4, 3))
c('zero_fraction', lambda x: tf.math.zero_fraction(tf.nn.relu(x)), f(5, 4))
c('normalize', lambda x: tf.linalg.normalize(x, axis=-1)[0], f(5, 4))
c('clip_norm', lambda x: tf.clip_by_norm(x, 1., axes=[1]), f(5, 4))
c('clip', lambda x: tf.clip_by_value(x, -.5, .7), f(5, 4))
c('clip_t', lambda x, y: tf.clip_by_value(x, y - 1, y), f(5, 4), f(5, 4))
c('where', lambda x, y: tf.where(x > 0, x, y), f(5, 4), f(5, 4))
c('where_c', lambda x: tf.where(x > 0, x, 0.), f(5, 4))
c('where_cc', lambda x: tf.where(x > 0, 1., -1.), f(5, 4))
c('where_fl', lambda x: tf.where(x > 0, tf.zeros_like(x), x), f(5, 4))
c('cast', lambda x: tf.cast(x, tf.int32), f(5, 4) * 4)
c('saturate', lambda x: tf.saturate_cast(x, tf.uint8), f(5, 4) * 200)
c('to_float', lambda x: tf.compat.v1.to_float(x), i(5, 4))
c('dtypes_cast64', lambda x: tf.dtypes.cast(x, 'float64'), f(5, 4))
# shape functions
c('reshape', lambda x: tf.reshape(x, [-1, 12]), f(5, 4, 3))
c('reshape_flat', lambda x: tf.reshape(x, [-1]), f(5, 4))
c('expand', lambda x: tf.expand_dims(x, 1), f(5, 4))
c('expand_neg', lambda x: tf.expand_dims(x, axis=-1), f(5, 4))
c('squeeze', lambda x: tf.squeeze(x, axis=1), f(5, 1, 4))
c('squeeze_l', lambda x: tf.squeeze(x, [1, 2]), f(5, 1, 1, 4))
c('squeeze_neg', lambda x: tf.squeeze(x, -1), f(5, 4, 1))
c('transpose', lambda x: tf.transpose(x, [0, 2, 1]), f(5, 4, 3))
c('transpose_kw', lambda x: tf.transpose(x, perm=[2, 0, 1]), f(5, 4, 3))
c('mat_transpose', lambda x: tf.linalg.matrix_transpose(x), f(5, 4, 3))
c('transpose_none', lambda x: tf.transpose(x), f(5, 4))
c('tile', lambda x: tf.tile(x, [1, 2, 3]), f(5, 4, 3))
c('repeat', lambda x: tf.repeat(x, 2, axis=1), f(5, 4, 3))
c('repeat_l', lambda x: tf.repeat(x, [1, 2, 0, 3], axis=1), f(5, 4, 3))
c('repeat_neg', lambda x: tf.repeat(x, repeats=3, axis=-1), f(5, 4))
c('roll', lambda x: tf.roll(x, 1, 1), f(5, 4, 3))
c('roll_l', lambda x: tf.roll(x, [1, -1], [1, 2]), f(5, 4, 3))
c('reverse', lambda x: tf.reverse(x, [1]), f(5, 4, 3))
c('reverse_l', lambda x: tf.reverse(x, axis=[1, 2]), f(5, 4, 3))
c('reverse_seq', lambda x: tf.reverse_sequence(x, [1, 2, 3, 4, 2], seq_axis=1, batch_axis=0), f(5, 4, 3))
for m in 'CONSTANT REFLECT SYMMETRIC'.split(): c('pad_' + m, lambda x, m=m: tf.pad(x, [[0, 0], [1, 2], [0, 1]], m), f(5, 4, 3))
c('pad_v', lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1]], constant_values=1.5), f(5, 4, 3))
c('pad_int', lambda x: tf.pad(x, tf.constant([[0, 0], [1, 1]]), constant_values=-1), i(5, 4))
c('pad_lower', lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1]], mode='reflect'), f(5, 4, 3))
c('pad_batch', lambda x: tf.pad(x, [[1, 0], [0, 0]]), f(5, 4))
c('pad_none_reflect',
  lambda x: tf.pad(x, [[0, 0], [1, 2], [1, 1], [0, 0]], 'REFLECT'), f(2, 4, 5, 3), shapes=[(None, None, 3)])
c('pad_none', lambda x: tf.pad(x, [[0, 0], [1, 2], [1, 1], [0, 0]]), f(2, 4, 5, 3), shapes=[(None, None, 3)])
c('pad_none_sym', lambda x: tf.pad(x, [[0, 0], [1, 2], [1, 1], [0, 0]], 'SYMMETRIC'), f(2, 4, 5, 3), shapes=[(None, None, 3)])
c('broadcast_to', lambda x: tf.broadcast_to(x[:1], [3, 4]), f(5, 4))
c('broadcast_to_s', lambda x: tf.broadcast_to(x[:, :1], tf.shape(x)), f(5, 4))
c('concat', lambda x, y: tf.concat([x, y], 1), f(5, 4), f(5, 3))
c('concat_neg', lambda x, y: tf.concat([x, y, x], axis=-1), f(5, 4), f(5, 3))
c('concat_c', lambda x: tf.concat([x, np.ones((5, 2), 'f4')], 1), f(5, 4))
c('concat1', lambda x: tf.concat([x], 1), f(5, 4))
c('stack', lambda x, y: tf.stack([x, y], 1), f(5, 4), f(5, 4))
c('stack0', lambda x, y: tf.stack([x, y], axis=-1), f(5, 4), f(5, 4))
c('unstack', lambda x: tf.unstack(x, axis=1), f(5, 4, 3))
c('unstack_n', lambda x: tf.unstack(x, num=3, axis=-1), f(5, 4, 3))
c('parallel_stack', lambda x: tf.stack([x, x * 2, x + 1], axis=2), f(5, 4))
c('split', lambda x: tf.split(x, 2, 1), f(5, 4))
c('split_l', lambda x: tf.split(x, [1, 3], axis=1), f(5, 4))
c('split_m1', lambda x: tf.split(x, [2, -1], axis=-1), f(5, 4, 5))
c('split_kw', lambda x: tf.split(x, num_or_size_splits=2, axis=-1), f(5, 4))
c('split_1', lambda x: tf.split(x, [4], axis=1), f(5, 4))
c('slice', lambda x: tf.slice(x, [0, 1, 0], [-1, 2, 2]), f(5, 4, 3))
c('strided', lambda x: tf.strided_slice(x, [0, 1], [5, 4], [1, 2]), f(5, 4))
c('strided_mask', lambda x: tf.strided_slice(x, [0, 1], [0, 4], [1, 2], end_mask=1), f(5, 4))
c('strided_neg', lambda x: tf.strided_slice(x, [0, 3], [5, 0], [1, -1]), f(5, 4))
c('strided_shrink', lambda x: tf.strided_slice(x, [0, 3], [0, 4], begin_mask=1, end_mask=1, shrink_axis_mask=2), f(5, 4))
c('gather', lambda x: tf.gather(x, [2, 0], axis=1), f(5, 4, 3))
c('gather0', lambda x: tf.gather(x, [2, 0]), f(5, 4))
c('gather_s', lambda x: tf.gather(x, 2, axis=1), f(5, 4, 3))
c('gather_bd', lambda x, y: tf.gather(x, y, axis=1, batch_dims=1), f(5, 4, 3), n(4, 5, 2))
c('gather_bdneg', lambda x, y: tf.gather(x, y, batch_dims=-1), f(5, 4), n(4, 5, 2))
c('gather_tab', lambda y: tf.gather(tf.constant(np.arange(12.).reshape(6, 2), tf.float32), y), n(6, 5, 3))
c('gather_2d', lambda x: tf.gather(x, [[0, 1], [2, 3]], axis=1), f(5, 4, 3))
c('gather_bd2', lambda x, y: tf.gather(x, y, axis=2, batch_dims=2), f(5, 4, 3), n(3, 5, 4, 2))
c('gather_ax_bd', lambda x, y: tf.gather(x, y, axis=2, batch_dims=1), f(5, 4, 3), n(3, 5, 2))
c('gather_nd', lambda x: tf.gather_nd(x, [[0, 1], [2, 3]]), f(5, 4, 3))
c('gather_nd_bd', lambda x, y: tf.gather_nd(x, y, batch_dims=1), f(5, 4, 3), n(3, 5, 2, 2))
c('gather_nd_bd1', lambda x, y: tf.gather_nd(x, y, batch_dims=1), f(5, 4, 3), n(4, 5, 2, 1))
c('gather_nd_y', lambda x, y: tf.gather_nd(x, y), f(5, 4, 3), n(4, 5, 2))
c('one_hot', lambda y: tf.one_hot(y, 4), n(4, 5))
c('one_hot_v', lambda y: tf.one_hot(y, 4, on_value=5., off_value=-1.), n(4, 5, 2))
c('one_hot_ax', lambda y: tf.one_hot(y, 4, axis=1), n(4, 5, 2))
c('one_hot_dt', lambda y: tf.one_hot(y, 4, dtype=tf.int32), n(4, 5))
c('one_hot_bool', lambda y: tf.one_hot(y, 4, on_value=True, off_value=False), n(4, 5))
c('one_hot_out', lambda y: tf.one_hot(y, 4), i(5, 3))
c('sort', lambda x: tf.sort(x), f(5, 4))
c('sort_d', lambda x: tf.sort(x, axis=1, direction='DESCENDING'), f(5, 4, 3))
c('argsort', lambda x: tf.argsort(x), f(5, 4))
c('argsort_d', lambda x: tf.argsort(x, axis=-1, direction='DESCENDING'), f(5, 4))
c('argsort_ties', lambda x: tf.argsort(tf.round(x), stable=True), f(5, 9))
c('argsort_ties_d', lambda x: tf.argsort(tf.round(x), direction='DESCENDING', stable=True), f(5, 9))
c('argsort_ties_u', lambda x: tf.argsort(x, axis=1, direction='DESCENDING'), i(5, 9))
c('searchsorted', lambda x: tf.searchsorted(tf.constant([[-1., 0., 1.]] * 5), x), f(5, 4))
c('sequence_mask', lambda y: tf.sequence_mask(y, 6), n(6, 5))
c('sequence_mask_dt', lambda y: tf.sequence_mask(y, maxlen=6, dtype=tf.float32), n(6, 5, 2))
c('band_part', lambda x: tf.linalg.band_part(x, -1, 0), f(5, 4, 4))
c('band_part2', lambda x: tf.linalg.band_part(x, 1, 1), f(5, 4, 4))
c('band_part3', lambda x: tf.linalg.band_part(x, 0, -1), f(5, 4, 4))
c('diag_part', lambda x: tf.linalg.diag_part(x), f(5, 4, 4))
c('diag', lambda x: tf.linalg.diag(x), f(5, 4))
c('trace', lambda x: tf.linalg.trace(x), f(5, 4, 4))
c('set_diag', lambda x: tf.linalg.set_diag(x, x[:, 0]), f(5, 4, 4))
c('matmul', lambda x, y: tf.matmul(x, y), f(5, 3, 4), f(5, 4, 2))
c('matmul_tb', lambda x, y: tf.matmul(x, y, transpose_b=True), f(5, 3, 4), f(5, 2, 4))
c('matmul_ta', lambda x, y: tf.matmul(x, y, transpose_a=True), f(5, 4, 3), f(5, 4, 2))
c('matmul_adj', lambda x, y: tf.matmul(x, y, adjoint_b=True), f(5, 3, 4), f(5, 2, 4))
c('matmul_c', lambda x: tf.matmul(x, np.ones((4, 2), 'f4')), f(5, 4))
c('matvec', lambda x, y: tf.linalg.matvec(x, y), f(5, 3, 4), f(5, 4))
c('matvec_c', lambda x: tf.linalg.matvec(np.ones((2, 4), 'f4'), x), f(5, 4))
c('tensordot', lambda x: tf.tensordot(x, np.ones((3, 2), 'f4'), 1), f(5, 4, 3))
c('tensordot_ax', lambda x: tf.tensordot(x, np.ones((4, 2), 'f4'), axes=[[1], [0]]), f(5, 4, 3))
c('einsum', lambda x, y: tf.einsum('bij,bjk->bik', x, y), f(5, 3, 4), f(5, 4, 2))
c('einsum_c', lambda x: tf.einsum('bij,jk->bik', x, tf.ones((4, 2))), f(5, 3, 4))
c('einsum_1', lambda x: tf.einsum('bij->bji', x), f(5, 3, 4))
c('einsum_e', lambda x: tf.einsum('...ij,...kj->...ik', x, x), f(5, 3, 4))
c('cross', lambda x, y: tf.linalg.cross(x, y), f(5, 3), f(5, 3))
c('det', lambda x: tf.linalg.det(x), f(5, 3, 3))
c('inv', lambda x: tf.linalg.inv(x), f(5, 3, 3))
c('logdet', lambda x: tf.linalg.logdet(tf.matmul(x, x, transpose_b=True) + tf.eye(3)), f(5, 3, 3))
c('cholesky', lambda x: tf.linalg.cholesky(tf.matmul(x, x, transpose_b=True) + tf.eye(3)), f(5, 3, 3))
c('solve', lambda x, y: tf.linalg.solve(x, y), f(5, 3, 3), f(5, 3, 2))
c('qr', lambda x: tf.abs(tf.linalg.qr(x)[1]), f(5, 3, 3))
c('tri_solve', lambda x, y: tf.linalg.triangular_solve(x + 3 * tf.eye(3), y), f(5, 3, 3), f(5, 3, 2))
c('svd', lambda x: tf.linalg.svd(x, compute_uv=False), f(5, 3, 3))
c('eigh', lambda x: tf.linalg.eigvalsh(x + tf.linalg.matrix_transpose(x)), f(5, 3, 3))
c('lstsq', lambda x, y: tf.linalg.lstsq(x, y), f(5, 4, 3), f(5, 4, 2))
c('expm', lambda x: tf.linalg.expm(x), f(5, 3, 3))
c('pinv', lambda x: tf.linalg.pinv(x), f(5, 3, 3))
# nn
im = lambda: f(2, 8, 6, 4)
c('max_pool', lambda x: tf.nn.max_pool(x, 2, 2, 'VALID'), im())
c('max_pool2d', lambda x: tf.nn.max_pool2d(x, ksize=3, strides=2, padding='SAME'), im())
c('max_pool_l', lambda x: tf.nn.max_pool(x, [1, 2, 3, 1], [1, 2, 1, 1], 'SAME'), im())
c('avg_pool', lambda x: tf.nn.avg_pool(x, 2, 2, 'SAME'), im())
c('avg_pool2d', lambda x: tf.nn.avg_pool2d(x, [2, 2], [1, 1], 'VALID'), im())
c('avg_pool1d', lambda x: tf.nn.avg_pool1d(x, 2, 2, 'VALID'), f(2, 8, 3))
c('max_pool1d', lambda x: tf.nn.max_pool1d(x, 3, 1, 'SAME'), f(2, 8, 3))
c('max_pool3d', lambda x: tf.nn.max_pool3d(x, 2, 2, 'VALID'), f(2, 4, 4, 4, 3))
c('avg_pool3d', lambda x: tf.nn.avg_pool3d(x, 2, 2, 'VALID'), f(2, 4, 4, 4, 3))
c('pool', lambda x: tf.nn.pool(x, [2, 2], 'MAX', strides=[2, 2], padding='SAME'), im())
c('pool_avg', lambda x: tf.nn.pool(x, [2, 2], 'AVG'), im())
c('max_pool_exp', lambda x: tf.nn.max_pool2d(x, 2, 2, [[0, 0], [1, 1], [0, 0], [0, 0]]), im())
W = f(3, 3, 4, 2); W1 = f(3, 4, 2); D = f(3, 3, 4, 2); PW = f(1, 1, 8, 3)
c('conv2d', lambda x: tf.nn.conv2d(x, W, 1, 'SAME'), im())
c('conv2d_s', lambda x: tf.nn.conv2d(x, W, [1, 2, 2, 1], 'VALID'), im())
c('conv2d_d', lambda x: tf.nn.conv2d(x, W, strides=1, padding='SAME', dilations=2), im())
c('conv2d_pad', lambda x: tf.nn.conv2d(x, W, 2, [[0, 0], [1, 2], [0, 1], [0, 0]]), im())
c('conv1d', lambda x: tf.nn.conv1d(x, W1, 1, 'SAME'), f(2, 8, 4))
c('conv3d', lambda x: tf.nn.conv3d(x, np.ones((2, 2, 2, 3, 2), 'f4'), [1, 1, 1, 1, 1], 'SAME'), f(2, 4, 4, 4, 3))
c('convolution', lambda x: tf.nn.convolution(x, W, padding='SAME'), im())
c('depthwise', lambda x: tf.nn.depthwise_conv2d(x, D, [1, 1, 1, 1], 'SAME'), im())
c('depthwise_s', lambda x: tf.nn.depthwise_conv2d(x, D, [1, 2, 2, 1], 'VALID'), im())
c('separable', lambda x: tf.nn.separable_conv2d(x, D, PW, [1, 1, 1, 1], 'SAME'), im())
c('conv2d_t', lambda x: tf.nn.conv2d_transpose(x, np.ones((3, 3, 2, 4), 'f4'), [2, 16, 12, 2], 2, 'SAME'), im())
c('conv2d_tv', lambda x: tf.nn.conv2d_transpose(x, f(2, 2, 2, 4), [2, 16, 12, 2], 2, 'VALID'), im())
c('atrous', lambda x: tf.nn.atrous_conv2d(x, W, 2, 'SAME'), im())
c('dilation2d', lambda x: tf.nn.dilation2d(x, f(2, 2, 4), [1, 1, 1, 1], 'SAME', 'NHWC', [1, 1, 1, 1]), im())
c('erosion2d', lambda x: tf.nn.erosion2d(x, f(2, 2, 4), [1, 1, 1, 1], 'SAME', 'NHWC', [1, 1, 1, 1]), im())
c('bias_add', lambda x: tf.nn.bias_add(x, np.arange(4.).astype('f4')), im())
c('bias_add_nc', lambda x: tf.nn.bias_add(x, np.arange(8.).astype('f4'), data_format='NCHW'), im()); v4 = lambda: p(4)
m4, s4, g4, b4 = p(4), p(4), p(4), p(4)
c('batch_norm', lambda x: tf.nn.batch_normalization(x, m4, s4, b4, g4, 1e-3), im())
c('batch_norm_none', lambda x: tf.nn.batch_normalization(x, m4, s4, None, None, 1e-3), im())
c('batch_norm_t', lambda x: tf.nn.batch_normalization(x, *tf.nn.moments(x, [1, 2], keepdims=True), None, g4, 1e-3), im())
c('lrn', lambda x: tf.nn.local_response_normalization(x, 2), im())
c('lrn_opt', lambda x: tf.nn.lrn(x, depth_radius=1, bias=2., alpha=.5, beta=.75), im())
c('dropout', lambda x: tf.nn.dropout(x, 0.0) + x, f(5, 4))
c('s2d', lambda x: tf.nn.space_to_depth(x, 2), im())
c('d2s', lambda x: tf.nn.depth_to_space(x, 2), im())
c('d2s_nc', lambda x: tf.nn.depth_to_space(x, 2), f(2, 3, 3, 12))
c('s2b', lambda x: tf.space_to_batch(x, [2, 2], [[0, 0], [0, 0]]), im())
c('b2s', lambda x: tf.batch_to_space(x, [2, 1], [[0, 0], [0, 0]]), f(4, 4, 3, 2))
tab = f(7, 3)
c('emb', lambda y: tf.nn.embedding_lookup(tab, y), n(7, 5, 3))
c('emb_max', lambda y: tf.nn.embedding_lookup(tab, y, max_norm=1.), n(7, 5, 3))
c('xent', lambda x, y: tf.nn.softmax_cross_entropy_with_logits(y, x), f(5, 4), p(5, 4))
c('sxent', lambda x, y: tf.nn.sparse_softmax_cross_entropy_with_logits(tf.reshape(y, [-1]), x), f(5, 4), n(4, 5, 1))
c('bxent', lambda x, y: tf.nn.sigmoid_cross_entropy_with_logits(y, x), f(5, 4), p(5, 4))
c('wbxent', lambda x, y: tf.nn.weighted_cross_entropy_with_logits(y, x, 2.), f(5, 4), p(5, 4))
c('extract_patches', lambda x: tf.image.extract_patches(x, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], 'VALID'), im())
c('extract_patches_s', lambda x: tf.image.extract_patches(x, [1, 3, 3, 1], [1, 2, 1, 1], [1, 1, 1, 1], 'SAME'), im())
# images
rgb = lambda: p(2, 6, 5, 3)
c('gray', lambda x: tf.image.rgb_to_grayscale(x), rgb())
c('gray_u8', lambda x: tf.image.rgb_to_grayscale(x), u8(2, 6, 5, 3))
c('g2rgb', lambda x: tf.image.grayscale_to_rgb(x), p(2, 6, 5, 1))
c('rgb_hsv', lambda x: tf.image.rgb_to_hsv(x), rgb())
c('hsv_rgb', lambda x: tf.image.hsv_to_rgb(x), rgb())
c('rgb_yuv', lambda x: tf.image.rgb_to_yuv(x), rgb())
c('yuv_rgb', lambda x: tf.image.yuv_to_rgb(x), rgb())
c('rgb_yiq', lambda x: tf.image.rgb_to_yiq(x), rgb())
c('yiq_rgb', lambda x: tf.image.yiq_to_rgb(x), rgb())
for m in 'bilinear nearest bicubic lanczos3 area'.split(): c('resize_' + m, lambda x, m=m: tf.image.resize(x, (9, 7), m), rgb())
c('resize_down', lambda x: tf.image.resize(x, [3, 2]), rgb())
c('resize_aa', lambda x: tf.image.resize(x, [3, 2], antialias=True), rgb())
c('resize_u8', lambda x: tf.image.resize(x, [9, 7]), u8(2, 6, 5, 3))
c('resize_u8nn', lambda x: tf.image.resize(x, [9, 7], 'nearest'), u8(2, 6, 5, 3))
c('resize_par', lambda x: tf.image.resize(x, [12, 20], preserve_aspect_ratio=True), rgb())
c('resize_pad', lambda x: tf.image.resize_with_pad(x, 9, 12), rgb())
c('crop_or_pad', lambda x: tf.image.resize_with_crop_or_pad(x, 4, 9), rgb())
c('resize_v1', lambda x: tf.compat.v1.image.resize_bilinear(x, [9, 7]), rgb())
c('resize_v1ac', lambda x: tf.compat.v1.image.resize_bilinear(x, [9, 7], align_corners=True), rgb())
c('resize_v1nn', lambda x: tf.compat.v1.image.resize_nearest_neighbor(x, [12, 10]), rgb())
c('resize_v1hp', lambda x: tf.compat.v1.image.resize_bilinear(x, [9, 7], half_pixel_centers=True), rgb())
c('adj_bri', lambda x: tf.image.adjust_brightness(x, .2), rgb())
c('adj_con', lambda x: tf.image.adjust_contrast(x, 1.5), rgb())
c('adj_gam', lambda x: tf.image.adjust_gamma(x, .7, 1.2), rgb())
c('adj_hue', lambda x: tf.image.adjust_hue(x, .2), rgb())
c('adj_sat', lambda x: tf.image.adjust_saturation(x, 1.5), rgb())
c('flip_lr', lambda x: tf.image.flip_left_right(x), rgb())
c('flip_ud', lambda x: tf.image.flip_up_down(x), rgb())
c('rot90', lambda x: tf.image.rot90(x), rgb())
c('rot90_3', lambda x: tf.image.rot90(x, 3), rgb())
c('im_transpose', lambda x: tf.image.transpose(x), rgb())
c('central_crop', lambda x: tf.image.central_crop(x, .5), rgb())
c('crop_bb', lambda x: tf.image.crop_to_bounding_box(x, 1, 2, 3, 2), rgb())
c('pad_bb', lambda x: tf.image.pad_to_bounding_box(x, 1, 2, 9, 9), rgb())
c('standardize', lambda x: tf.image.per_image_standardization(x), rgb())
c('convert_dt', lambda x: tf.image.convert_image_dtype(x, tf.float32), u8(2, 6, 5, 3))
c('total_var', lambda x: tf.image.total_variation(x), rgb())
c('img_grad', lambda x: list(tf.image.image_gradients(x)), rgb())
c('sobel', lambda x: tf.image.sobel_edges(x), rgb())
c('psnr', lambda x, y: tf.image.psnr(x, y, 1.), rgb(), rgb())
c('ssim', lambda x, y: tf.image.ssim(x, y, 1.), p(2, 16, 16, 3), p(2, 16, 16, 3))
c('crop_resize', lambda x: tf.image.crop_and_resize(x, [[0., 0., .5, .5], [.2, .2, 1., 1.]], [0, 1], [3, 3]), rgb())
# keras.backend
bk = dict(batch_flatten=lambda x: K.batch_flatten(x), mean=lambda x: K.mean(x, axis=1),
    mean_kd=lambda x: K.mean(x, axis=[1, 2], keepdims=True), sum=lambda x: K.sum(x, axis=-1), max=lambda x: K.max(x, axis=1),
    min=lambda x: K.min(x, axis=1), prod=lambda x: K.prod(x, axis=1), std=lambda x: K.std(x, axis=1),
    var=lambda x: K.var(x, axis=1), cumsum=lambda x: K.cumsum(x, axis=1), cumprod=lambda x: K.cumprod(x, axis=1),
    any=lambda x: K.any(x > 1, axis=1), all=lambda x: K.all(x > -1, axis=1), argmax=lambda x: K.argmax(x, axis=1),
    argmin=lambda x: K.argmin(x, axis=-1), square=K.square, abs=K.abs, sqrt=lambda x: K.sqrt(x), exp=K.exp,
    log=lambda x: K.log(K.abs(x) + 1), round=K.round, sign=K.sign, pow=lambda x: K.pow(x, 2),
    clip=lambda x: K.clip(x, -.5, .5), equal=lambda x: K.equal(x, 0.), greater=lambda x: K.greater(x, 0.),
    maximum=lambda x: K.maximum(x, .1), sin=K.sin, cos=K.cos, relu=lambda x: K.relu(x), relu_a=lambda x: K.relu(x, alpha=.1),
    relu_m=lambda x: K.relu(x, max_value=1.), relu_t=lambda x: K.relu(x, threshold=.3), elu=lambda x: K.elu(x),
    softmax=lambda x: K.softmax(x), softplus=K.softplus, softsign=K.softsign, sigmoid=K.sigmoid, hard_sigmoid=K.hard_sigmoid,
    tanh=K.tanh, l2n=lambda x: K.l2_normalize(x, axis=-1), expand=lambda x: K.expand_dims(x, 1),
    repeat_el=lambda x: K.repeat_elements(x, 2, 1), permute=lambda x: K.permute_dimensions(x, (0, 2, 1)),
    reshape=lambda x: K.reshape(x, (-1, K.int_shape(x)[1] * K.int_shape(x)[2])), flatten=lambda x: K.flatten(x),
    reverse=lambda x: K.reverse(x, 1), concat=lambda x: K.concatenate([x, x], axis=1),
    stack=lambda x: K.stack([x, x], axis=1), tile=lambda x: K.tile(x, [1, 2, 1]), transpose=lambda x: K.transpose(x),
    gather=lambda x: K.gather(x, [0, 2]), cast=lambda x: K.cast(x, 'float64'), zeros_like=K.zeros_like,
    ones_like=K.ones_like, temporal=lambda x: K.temporal_padding(x, (1, 1)), dropout=lambda x: K.dropout(x, 0.) + 0,
    dot=lambda x: K.dot(x, K.constant(np.ones((3, 2)))),
    dot3=lambda x: K.dot(x, tf.constant(np.arange(24.).reshape(2, 3, 4), tf.float32)),
    batch_dot=lambda x: K.batch_dot(x, x, axes=2), batch_dot1=lambda x: K.batch_dot(x, x, axes=(1, 1)), stop=K.stop_gradient,
    switch=lambda x: K.switch(x > 0, x, x * 2), squeeze=lambda x: K.squeeze(K.expand_dims(x, 2), 2),
    identity=lambda x: tf.identity(x), bias=lambda x: K.bias_add(x, K.constant([1., 2., 3.])))
for nm, fn in bk.items(): c('K_' + nm, fn, f(5, 4, 3) if nm != 'sqrt' else p(5, 4, 3))
c('K_repeat', lambda x: K.repeat(x, 3), f(5, 4))
c('K_one_hot', lambda y: K.one_hot(y, 4), n(4, 5, 2))
c('K_resize', lambda x: K.resize_images(x, 2, 2, 'channels_last'), rgb())
c('K_resize_bi', lambda x: K.resize_images(x, 2, 3, 'channels_last', 'bilinear'), rgb())
c('K_pad', lambda x: K.spatial_2d_padding(x), rgb())
c('K_conv', lambda x: K.conv2d(x, tf.constant(W), padding='same'), im())
c('K_conv1d', lambda x: K.conv1d(x, tf.constant(W1), padding='same'), f(2, 8, 4))
c('K_pool', lambda x: K.pool2d(x, (2, 2), (2, 2)), im())
c('K_poolavg', lambda x: K.pool2d(x, (2, 2), (2, 2), pool_mode='avg', padding='same'), im())
c('K_bxent', lambda x, y: K.binary_crossentropy(y, x), p(5, 4), p(5, 4))
c('K_xent', lambda x, y: K.categorical_crossentropy(y, x), p(5, 4), p(5, 4))
c('K_sxent', lambda x, y: K.sparse_categorical_crossentropy(y, x), p(5, 4), n(4, 5, 1))
c('K_bn', lambda x: K.batch_normalization(x, tf.constant(m4), tf.constant(s4), tf.constant(b4), tf.constant(g4)), im())
c('K_depthwise', lambda x: K.depthwise_conv2d(x, tf.constant(D), padding='same'), im())
c('K_resize_vol', lambda x: K.resize_volumes(x, 2, 1, 2, 'channels_last'), f(2, 3, 2, 2, 2))
c('K_local', lambda x: K.spatial_2d_padding(x, ((1, 0), (2, 1))), rgb())
# shapes
S = tf.shape
c('sh_reshape1', lambda x: tf.reshape(x, [S(x)[0], 12]), f(5, 4, 3))
c('sh_reshape2', lambda x: tf.reshape(x, [S(x)[0], S(x)[1] * 3]), f(5, 4, 3))
c('sh_stack', lambda x: tf.reshape(x, tf.stack([S(x)[0], S(x)[1], -1])), f(5, 4, 3, 2))
c('sh_concat', lambda x: tf.reshape(x, tf.concat([S(x)[:-1], [2, 2]], 0)), f(5, 3, 4))
c('sh_heads', lambda x: tf.transpose(tf.reshape(x, [S(x)[0], S(x)[1], 2, 3]), [0, 2, 1, 3]), f(5, 4, 6))
c('sh_heads_none',
  lambda x: tf.transpose(tf.reshape(x, [S(x)[0], S(x)[1], 2, 3]), [0, 2, 1, 3]), f(5, 4, 6), shapes=[(None, 6)])
c('sh_merge_none', lambda x: tf.reshape(x, [S(x)[0], S(x)[1], 6]), f(5, 4, 2, 3), shapes=[(None, 2, 3)])
c('sh_heads_m1', lambda x: tf.reshape(x, [S(x)[0], -1, 2, 3]), f(5, 4, 6), shapes=[(None, 6)])
c('sh_s4', lambda x: tf.reshape(x, [-1, S(x)[1] * 4]), f(5, 3, 4))
c('sh_bt', lambda x: tf.reshape(x, [S(x)[0] * S(x)[1], 3]), f(5, 4, 3), shapes=[(None, 3)])
c('sh_tile', lambda x: tf.tile(x[:1], [S(x)[0], 1]), f(5, 4))
c('sh_tile_mid', lambda x: tf.tile(x[:, None], [1, S(x)[1], 1]), f(5, 4))
c('sh_tile_cls',
  lambda x: tf.concat([tf.tile(tf.constant(np.arange(3.).reshape(1, 1, 3), tf.float32), [S(x)[0], 1, 1]), x], 1), f(5, 4, 3))
c('sh_bcast_cls',
  lambda x: tf.concat([tf.broadcast_to(tf.constant(np.arange(3.).reshape(1, 1, 3), tf.float32), [S(x)[0], 1, 3]), x], 1),
  f(5, 4, 3))
c('sh_zeros', lambda x: x + tf.zeros([S(x)[0], 4]), f(5, 4))
c('sh_ones', lambda x: tf.concat([x, tf.ones([S(x)[0], 1])], 1), f(5, 4))
c('sh_ones_int', lambda x: tf.ones(S(x)[:1], dtype=tf.int32), f(5, 4))
c('sh_fill', lambda x: tf.concat([x, tf.fill([S(x)[0], 2], 3.)], 1), f(5, 4))
c('sh_range', lambda x: x + tf.cast(tf.range(S(x)[1]), tf.float32), f(5, 4))
c('sh_range_none', lambda x: x[..., 0] + tf.cast(tf.range(S(x)[1]), tf.float32), f(5, 4, 3), shapes=[(None, 3)])
c('sh_range3', lambda x: x + tf.cast(tf.range(0, S(x)[1] * 2, 2), tf.float32), f(5, 4))
c('sh_len', lambda x: tf.reduce_sum(x, 1) / tf.cast(S(x)[1], tf.float32), f(5, 4))
c('sh_len_none', lambda x: tf.reduce_sum(x, 1) / tf.cast(S(x)[1], tf.float32), f(5, 4, 3), shapes=[(None, 3)])
c('sh_sqrt', lambda x: x / tf.sqrt(tf.cast(S(x)[-1], tf.float32)), f(5, 4))
c('sh_resize', lambda x, y: tf.image.resize(x, S(y)[1:3]), rgb(), p(2, 9, 7, 1))
c('sh_resize2', lambda x: tf.image.resize(x, S(x)[1:3] * 2), rgb(), shapes=[(None, None, 3)])
c('sh_resize3', lambda x: tf.image.resize(x, [S(x)[1] * 2, S(x)[2] * 3]), rgb())
c('sh_rank', lambda x: x + tf.cast(tf.rank(x), tf.float32), f(5, 4))
c('sh_size', lambda x: x / tf.cast(tf.size(x[0]), tf.float32), f(5, 4))
c('sh_unstack', lambda x: (lambda a, h, w, d: tf.reshape(x, [a, h * w, d]))(*tf.unstack(S(x))), f(5, 4, 3, 2))
c('sh_floordiv', lambda x: tf.reshape(x, [S(x)[0], S(x)[1] // 2, 2, 3]), f(5, 4, 3))
c('sh_prod', lambda x: tf.reshape(x, [S(x)[0], tf.reduce_prod(S(x)[1:])]), f(5, 4, 3))
c('sh_like', lambda x, y: tf.reshape(x, S(y)), f(5, 12), f(5, 4, 3))
c('sh_slice', lambda x: x[:, :S(x)[1] // 2], f(5, 4))
c('sh_slice_none', lambda x: x[:, :S(x)[1] - 1], f(5, 4, 3), shapes=[(None, 3)])
c('sh_mask',
  lambda x: tf.linalg.band_part(tf.ones((S(x)[1], S(x)[1])), -1, 0) * tf.matmul(x, x, transpose_b=True), f(5, 4, 3))
c('sh_mask_none',
  lambda x: tf.linalg.band_part(tf.ones((S(x)[1], S(x)[1])), -1, 0) * tf.matmul(x, x, transpose_b=True),
  f(5, 4, 3), shapes=[(None, 3)])
c('sh_causal',
  lambda x: tf.cast(tf.range(S(x)[1])[:, None] >= tf.range(S(x)[1]), tf.float32) * tf.matmul(x, x, transpose_b=True),
  f(5, 4, 3), shapes=[(None, 3)])
c('sh_eye', lambda x: x @ tf.eye(S(x)[-1]), f(5, 4))
c('sh_Kshape', lambda x: K.reshape(x, (K.shape(x)[0], -1)), f(5, 4, 3))
c('sh_seqmask', lambda x, y: tf.cast(tf.sequence_mask(tf.reshape(y, [-1]), S(x)[1]), tf.float32) * x, f(5, 4), n(4, 5, 1))
c('sh_bcast',
  lambda x, y: tf.broadcast_to(x[:, None], [S(x)[0], S(y)[1], 4]) + y, f(5, 4), f(5, 3, 4), shapes=[(4,), (None, 4)])
c('sh_onehot', lambda x, y: tf.one_hot(y, S(x)[1]), f(5, 4), n(4, 5, 2))
c('sh_slicebegin', lambda x: tf.slice(x, [0, 1], [S(x)[0], S(x)[1] - 1]), f(5, 4))
c('sh_nn_shape', lambda x: tf.reshape(x, [tf.shape(x, out_type=tf.int64)[0], tf.constant(12, tf.int64)]), f(5, 4, 3))
c('sh_norm', lambda x: x / tf.cast(S(x)[1] * S(x)[2], tf.float32), f(2, 4, 3, 2), shapes=[(None, None, 2)])
c('sh_up',
  lambda x: tf.reshape(tf.tile(x[:, :, None], [1, 1, 2, 1]), [S(x)[0], S(x)[1] * 2, 3]), f(5, 4, 3), shapes=[(None, 3)])
# constants in calls of layers
tri = np.tril(np.ones((1, 6, 6), bool)); q = lambda: f(5, 6, 8); msk = np.array([[True] * 3 + [False] * 3] * 5)
c('ly_mha', lambda a: L.MultiHeadAttention(2, 4)(a, a, attention_mask=tri), q())
c('ly_mha_t', lambda a: L.MultiHeadAttention(2, 4)(a, a, attention_mask=tf.constant(tri)), q())
c('ly_lstm', lambda a: L.LSTM(3)(a, mask=tf.constant(msk)), q())
c('ly_lstm_init', lambda a: L.LSTM(3)(a, initial_state=[tf.ones((5, 3)), tf.ones((5, 3)) * .5]), q())
c('ly_gru_init', lambda a: L.GRU(3)(a, initial_state=tf.constant(f(5, 3))), q())
c('ly_softmax', lambda a: L.Softmax()(a, mask=np.array([True] * 4 + [False] * 4)), q())
c('ly_attn', lambda a: L.Attention()([a, a], mask=[None, tf.constant(msk)]), q())
c('ly_attn_c', lambda a: L.Attention()([a, tf.constant(f(5, 3, 8))]), q())
c('ly_mul', lambda a: L.Multiply()([a, np.full((5, 6, 8), 2, 'f4')]), q())
c('ly_add', lambda a: L.Add()([a, tf.ones((1, 6, 8)) * 2]), q())
c('ly_concat', lambda a: L.Concatenate(axis=1)([a, np.ones((5, 2, 8), 'f4')]), q())
c('ly_emb', lambda a: a + L.Embedding(6, 8)(tf.range(6)), q())
c('ly_emb_pos', lambda a: a + L.Embedding(6, 8)(tf.range(tf.shape(a)[1])), q())
c('ly_emb_none', lambda a: a + L.Embedding(9, 8)(tf.range(0, tf.shape(a)[1])), q(), shapes=[(None, 8)])
c('ly_dot', lambda a: L.Dot(2)([a, tf.constant(f(5, 2, 8))]), q())
c('ly_gap', lambda a: L.GlobalAveragePooling1D()(a, mask=tf.constant(msk)), q())
c('ly_sub', lambda a: L.Subtract()([np.ones((5, 6, 8), 'f4'), a]), q())
c('ly_dense', lambda a: L.Dense(3)(tf.nn.relu(a)) * tf.constant([1., 2., 3.]), q())
c('ly_mhakv', lambda a: L.MultiHeadAttention(2, 4)(a, tf.constant(f(5, 3, 8))), q())


# What Keras 3 has no operations for, or Martlet no function.
REFUSED = """
    igamma igammac zeta nextafter lgamma digamma bessel_i0 bessel_i1 bessel_i0e bessel_i1e bitwise_and bitwise_or bitwise_xor
    svd eigvalsh expm pinv dilation2d erosion2d ssim crop_and_resize einsum""".split()


def main():
    configurations, refused, arrays = {}, {}, {}
    for name, call, inputs, shapes in cases:
        K.clear_session()
        tf.keras.utils.set_random_seed(1)
        symbols = [tf.keras.Input(s, dtype=x.dtype) for s, x in zip(shapes, inputs)]
        model = tf.keras.Model(symbols, call(*symbols))
        configuration = json.loads(model.to_json())
        called = {l["config"].get("function", "").split(".")[-1] for l in configuration["config"]["layers"]}
        if called & set(REFUSED):
            refused[(called & set(REFUSED)).pop()] = configuration
            continue
        if name == "K_switch":
            continue
        results = model(list(inputs))
        configurations[name] = configuration
        arrays |= {f"{name}/x{k}": x for k, x in enumerate(inputs)}
        arrays |= {f"{name}/y{k}": y for k, y in enumerate(results if isinstance(results, (list, tuple)) else [results])}
        arrays |= {f"{name}/w{k}": w for k, w in enumerate(model.get_weights())}
    # Truth values are compared as numbers.
    arrays = {k: np.asarray(v).astype("u1") if np.asarray(v).dtype == bool else np.asarray(v) for k, v in arrays.items()}
    text = json.dumps({"models": configurations, "refused": refused}, separators=(",", ":"))
    (FOLDER / "calls.json").write_text(text)
    np.savez_compressed(FOLDER / "calls.npz", **arrays)
    print(f"{len(configurations)} models, {len(refused)} refused, {len(text):,} bytes")


if __name__ == "__main__":
    main()
