// libhdf5's constants are macros that open the library and read globals: Swift sees them as functions.
#include <hdf5.h>

static inline hid_t ch_type_float16(void) {
    // HDF5 1.10 has no name for it: IEEE half precision, made of the single one.
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

static inline hid_t ch_type_bool(void) {
    // As h5py: an enumeration of 8 bits.
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    signed char value = 0;
    H5Tenum_insert(type, "FALSE", &value);
    value = 1;
    H5Tenum_insert(type, "TRUE", &value);
    return type;
}

static inline hid_t ch_type_float32(void) { return H5Tcopy(H5T_IEEE_F32LE); }
static inline hid_t ch_type_float64(void) { return H5Tcopy(H5T_IEEE_F64LE); }
static inline hid_t ch_type_int32(void) { return H5Tcopy(H5T_STD_I32LE); }
static inline hid_t ch_type_int64(void) { return H5Tcopy(H5T_STD_I64LE); }
static inline hid_t ch_type_uint8(void) { return H5Tcopy(H5T_STD_U8LE); }

/// 16 bits that libhdf5 knows nothing of: how h5py stores bfloat16.
static inline hid_t ch_type_opaque16(void) { return H5Tcreate(H5T_OPAQUE, 2); }

/// A string of `size` bytes, filled up with zeros; of any length when `size` is 0. UTF-8.
static inline hid_t ch_type_string(size_t size) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size == 0 ? H5T_VARIABLE : size);
    if (size != 0) H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/// A new file in memory.
static inline hid_t ch_file_create(void) {
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 20, 0);
    hid_t file = H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    return file;
}

/// How datasets are made: without times, so that the same data gives the same bytes.
static inline hid_t ch_dataset_properties(void) {
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(properties, 0);
    return properties;
}

static inline hid_t ch_default(void) { return H5P_DEFAULT; }
static inline hid_t ch_everything(void) { return H5S_ALL; }
