#!/usr/bin/env python3
"""Copies some of the node tests that the package onnx carries to
Tests/MartletExportTests/Fixtures/onnx-nodes.zip.

make-onnx-fixtures.py FOLDER

FOLDER is onnx/backend/test/data/node of the unpacked package; scripts/check-onnx.sh leaves it in .venv-onnx.
"""
import os
import sys
import zipfile

# One or two of each kind, small ones: what differs between versions, shapes that are computed, control flow.
NAMES = """
abs add_bcast add_uint8 ai_onnx_ml_label_encoder_string_int and_bcast3v1d argmax_default_axis_example_select_last_index
attention_4d_causal averagepool_2d_ceil averagepool_2d_precomputed_pads_count_include_pad basic_conv_with_padding
convinteger_with_padding basic_deform_conv_with_padding batchnorm_epsilon_training_mode bitshift_left_uint16 bitwise_and_i16_3d
cast_FLOAT_to_FLOAT8E4M3FN cast_FLOAT_to_FLOAT8E5M2 cast_FLOAT_to_INT4 celu clip_default_int8_min col2im_strides
compress_1 concat_2d_axis_negative_1 constantofshape_int_shape_zero convtranspose_autopad_same convtranspose_group_2
convtranspose_output_shape cumsum_1d_reverse_exclusive dequantizelinear_blocked det_nd dft div_int16
dynamicquantizelinear einsum_batch_matmul equal_string expand_dim_changed eyelike_with_dtype gather_negative_indices
gathernd_example_int32_batch_dim1 gelu_tanh_1 gemm_all_attributes gridsample_reflection_padding gru_batchwise
hardmax_one_hot identity_sequence if if_opt if_seq instancenorm_epsilon layer_normalization_2d_axis1 logsoftmax_axis_0
loop11 loop13_seq loop16_seq_none lppool_2d_pads lrn lstm_with_peepholes matmulinteger max_uint64 maxpool_2d_dilations
maxpool_with_argmax_2d_precomputed_pads melweightmatrix mod_mixed_sign_int16 momentum_multiple mvn
nllloss_NCd1_weight_ii nonmaxsuppression_two_classes nonzero_example onehot_negative_indices optional_get_element_sequence
pow_types_float32_int64 prelu_broadcast qlinearconv quantizelinear_axis quantizelinear_int4 range_float_type_positive_delta
reduce_log_sum_exp_negative_axes_keepdims_random reduce_max_empty_set regex_full_match_basic reshape_allowzero_reordered
resize_downsample_scales_cubic_antialias resize_tf_crop_and_resize resize_upsample_scales_nearest
reversesequence_time rnn_seq_length roialign_aligned_false rotary_embedding_interleaved scan9_sum scatter_elements_with_duplicate_indices
scatternd_max sce_mean_weight_ii_3d sequence_insert_at_front sequence_map_add_2_sequences simple_rnn_with_initial_bias
slice_negative_axes softmax_axis_1 spacetodepth_example split_to_sequence_1 split_variable_parts_2d_opset18
strnormalizer_export_monday_casesensintive_lower tfidfvectorizer_tf_batch_uniandbigrams_skip5 top_k_smallest
training_dropout_zero_ratio_mask transpose_all_permutations_3 tril_neg unique_sorted_with_axis_3d wrap_pad
""".split()


def main():
    source = sys.argv[1]
    target = os.path.join(os.path.dirname(__file__), "..", "Tests", "MartletExportTests", "Fixtures", "onnx-nodes.zip")
    missing = [name for name in NAMES if not os.path.isdir(os.path.join(source, "test_" + name))]
    if missing:
        sys.exit("There are no tests " + ", ".join(missing) + ".")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(NAMES):
            for folder, _, files in sorted(os.walk(os.path.join(source, "test_" + name))):
                for file in sorted(files):
                    path = os.path.join(folder, file)
                    # A date of its own would make every archive another one.
                    entry = zipfile.ZipInfo(os.path.relpath(path, source), (2000, 1, 1, 0, 0, 0))
                    with open(path, "rb") as content:
                        archive.writestr(entry, content.read(), zipfile.ZIP_DEFLATED)


main()
