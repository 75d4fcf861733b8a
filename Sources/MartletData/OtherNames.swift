// Names of other libraries, that the compiler answers with Martlet's. Made by scripts/other-names.py: do not edit.

import MartletCore


extension Dataset {
    @available(*, unavailable, renamed: "count")
    public var cardinality: OtherName { fatalError() }
    @available(*, unavailable, renamed: "paddedBatch(_:)")
    public var padded_batch: OtherName { fatalError() }
    @available(*, unavailable, renamed: "onError(_:)")
    public var ignore_errors: OtherName { fatalError() }
    @available(*, unavailable, renamed: "onError(_:)")
    public var ignoreErrors: OtherName { fatalError() }
    @available(*, unavailable, message: "loop over the data set: for (x, y) in data")
    public var as_numpy_iterator: OtherName { fatalError() }
    @available(*, unavailable, message: "loop over the data set: for (x, y) in data")
    public var asNumpyIterator: OtherName { fatalError() }
    @available(*, unavailable, message: "loop over the data set: for (x, y) in data")
    public var make_one_shot_iterator: OtherName { fatalError() }
    @available(*, unavailable, message: "loop over the data set: for (x, y) in data")
    public var makeOneShotIterator: OtherName { fatalError() }
    @available(*, unavailable, message: "write try data.take(1).array().first")
    public var get_next: OtherName { fatalError() }
    @available(*, unavailable, message: "write try data.take(1).array().first")
    public var getNext: OtherName { fatalError() }
    @available(*, unavailable, message: "print the data set: it says what its elements are")
    public var element_spec: OtherName { fatalError() }
    @available(*, unavailable, message: "print the data set: it says what its elements are")
    public var elementSpec: OtherName { fatalError() }
}

extension Dataset {
    @available(*, unavailable, renamed: "fromTensorSlices(_:)")
    public static var from_tensor_slices: OtherName { fatalError() }
    @available(*, unavailable, renamed: "fromGenerator(length:_:)")
    public static var from_generator: OtherName { fatalError() }
    @available(*, unavailable, renamed: "files(matching:)")
    public static var list_files: OtherName { fatalError() }
    @available(*, unavailable, renamed: "files(matching:)")
    public static var listFiles: OtherName { fatalError() }
}

extension CSV {
    @available(*, unavailable, message: "write try csv.rows.take(5).array()")
    public var head: OtherName { fatalError() }
    @available(*, unavailable, message: "write try csv.rows.take(5).array()")
    public var tail: OtherName { fatalError() }
    @available(*, unavailable, message: "write try csv.rows.take(5).array()")
    public var sample: OtherName { fatalError() }
    @available(*, unavailable, message: "write csv.rows(missing: .skip), or missing: .skip where you take tensors")
    public var dropna: OtherName { fatalError() }
    @available(*, unavailable, message: "write missing: .fill(0) where you take tensors")
    public var fillna: OtherName { fatalError() }
    @available(*, unavailable, message: "write try csv.tensor([\"a\", \"b\"]): it has the columns that you name")
    public var drop: OtherName { fatalError() }
    @available(*, unavailable, message: "write try csv.tensor([\"a\", \"b\"]): it has the columns that you name")
    public var pop: OtherName { fatalError() }
    @available(*, unavailable, message: "write try csv.tensor([\"a\", \"b\"]): it has the columns that you name")
    public var iloc: OtherName { fatalError() }
    @available(*, unavailable, message: "write try csv.tensor([\"a\", \"b\"]): it has the columns that you name")
    public var loc: OtherName { fatalError() }
    @available(*, unavailable, message: "write try csv.tensor([\"a\", \"b\"]): it has the columns that you name")
    public var values: OtherName { fatalError() }
    @available(*, unavailable, message: "write try csv.tensor([\"a\", \"b\"]): it has the columns that you name")
    public var to_numpy: OtherName { fatalError() }
    @available(*, unavailable, message: "write try csv.tensor([\"a\", \"b\"]): it has the columns that you name")
    public var toNumpy: OtherName { fatalError() }
    @available(*, unavailable, message: "write csv.columns")
    public var dtypes: OtherName { fatalError() }
    @available(*, unavailable, message: "write csv.columns")
    public var info: OtherName { fatalError() }
    @available(*, unavailable, message: "write csv.columns")
    public var keys: OtherName { fatalError() }
}
