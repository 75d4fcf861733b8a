import MartletCore
import MartletData
import MartletFormats

// Methods of these forms would never be called. As they are final, one in a subclass does not compile.

extension Layer {
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(_ shape: Shape) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(inputShape: Shape) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(input_shape: Shape) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(_ shape: PartialShape) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(inputShape: PartialShape) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(input_shape: PartialShape) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(_ shape: [Int]) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(inputShape: [Int]) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(input_shape: [Int]) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(_ shape: [Int?]) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(inputShape: [Int?]) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(input_shape: [Int?]) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(_ shape: [PartialShape]) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(inputShape: [PartialShape]) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build(input_shape: [PartialShape]) { isNoHook() }
    @available(*, deprecated, message: "override build(for inputShapes: [PartialShape]); a call is ensureBuilt(for:)")
    public final func build() { isNoHook() }
    @available(*, deprecated, message: "override call(_ x: Tensor, in context: CallContext)")
    public final func call(_ x: Tensor) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override call(_ x: Tensor, in context: CallContext)")
    public final func call(inputs: Tensor) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override call(_ x: Tensor, in context: CallContext)")
    public final func call(x: Tensor) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override call(_ x: Tensor, in context: CallContext)")
    public final func call(_ x: Tensor, training: Bool) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override call(_ x: Tensor, in context: CallContext)")
    public final func call(_ x: Tensor, training: Bool?) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override call(_ x: Tensor, in context: CallContext)")
    public final func call(inputs: Tensor, training: Bool) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override call(_ x: Tensor, in context: CallContext)")
    public final func call(_ x: Tensor, context: CallContext) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override call(_ x: Tensor, in context: CallContext)")
    public final func call(_ x: Tensor, _ context: CallContext) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override call(_ inputs: [Tensor], in context: CallContext) -> [Tensor]")
    public final func call(_ inputs: [Tensor]) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override call(_ inputs: [Tensor], in context: CallContext) -> [Tensor]")
    public final func call(inputs: [Tensor]) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override call(_ inputs: [Tensor], in context: CallContext) -> [Tensor]")
    public final func call(_ inputs: [Tensor], training: Bool) -> Tensor { isNoHook() }
    @available(*, deprecated, message: "override outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape]")
    public final func computeOutputShape(_ inputShape: PartialShape) -> PartialShape { isNoHook() }
    @available(*, deprecated, message: "override outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape]")
    public final func computeOutputShape(_ inputShape: Shape) -> Shape { isNoHook() }
    @available(*, deprecated, message: "override outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape]")
    public final func computeOutputShape(_ inputShape: [Int?]) -> [Int?] { isNoHook() }
    @available(*, deprecated, message: "override outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape]")
    public final func computeOutputShape(for inputShape: PartialShape) -> PartialShape { isNoHook() }
    @available(*, deprecated, message: "override outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape]")
    public final func computeOutputShape(_ inputShapes: [PartialShape]) -> [PartialShape] { isNoHook() }
    @available(*, deprecated, message: "override outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape]")
    public final func compute_output_shape(_ inputShape: PartialShape) -> PartialShape { isNoHook() }
    @available(*, deprecated, message: "override outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape]")
    public final func compute_output_shape(_ inputShape: Shape) -> Shape { isNoHook() }
    @available(*, deprecated, message: "override outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape]")
    public final func compute_output_shape(_ inputShape: [Int?]) -> [Int?] { isNoHook() }
    @available(*, deprecated, message: "override outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape]")
    public final func compute_output_shape(for inputShape: PartialShape) -> PartialShape { isNoHook() }
    @available(*, deprecated, message: "override outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape]")
    public final func compute_output_shape(_ inputShapes: [PartialShape]) -> [PartialShape] { isNoHook() }
    @available(*, deprecated, message: "override the property config: [String: JSONValue]")
    public final func getConfig() -> [String: JSONValue] { isNoHook() }
    @available(*, deprecated, message: "override the property config: [String: JSONValue]")
    public final func getConfig() -> [String: Any] { isNoHook() }
    @available(*, deprecated, message: "override the property config: [String: JSONValue]")
    public final func get_config() -> [String: JSONValue] { isNoHook() }
    @available(*, deprecated, message: "override the property config: [String: JSONValue]")
    public final func get_config() -> [String: Any] { isNoHook() }
    @available(*, deprecated, message: "override computeMasks(_ inputs: [Tensor], masks: [Tensor?])")
    public final func computeMask(_ inputs: Tensor, mask: Tensor?) -> Tensor? { isNoHook() }
    @available(*, deprecated, message: "override computeMasks(_ inputs: [Tensor], masks: [Tensor?])")
    public final func compute_mask(_ inputs: Tensor, mask: Tensor?) -> Tensor? { isNoHook() }
}

extension Model {
    @available(*, deprecated, message: "override trainStep(_ batch: Batch)")
    public final func trainStep(_ data: (Tensor, Tensor)) { isNoHook() }
    @available(*, deprecated, message: "override trainStep(_ batch: Batch)")
    public final func trainStep(_ x: Tensor, _ y: Tensor) { isNoHook() }
    @available(*, deprecated, message: "override trainStep(_ batch: Batch)")
    public final func trainStep(data: Batch) { isNoHook() }
    @available(*, deprecated, message: "override trainStep(_ batch: Batch)")
    public final func trainStep(batch: Batch) { isNoHook() }
    @available(*, deprecated, message: "override testStep(_ batch: Batch)")
    public final func testStep(_ data: (Tensor, Tensor)) { isNoHook() }
    @available(*, deprecated, message: "override testStep(_ batch: Batch)")
    public final func testStep(_ x: Tensor, _ y: Tensor) { isNoHook() }
    @available(*, deprecated, message: "override testStep(_ batch: Batch)")
    public final func testStep(data: Batch) { isNoHook() }
    @available(*, deprecated, message: "override testStep(_ batch: Batch)")
    public final func testStep(batch: Batch) { isNoHook() }
    @available(*, deprecated, message: "override trainStep(_ batch: Batch)")
    public final func train_step(_ data: (Tensor, Tensor)) { isNoHook() }
    @available(*, deprecated, message: "override trainStep(_ batch: Batch)")
    public final func train_step(_ x: Tensor, _ y: Tensor) { isNoHook() }
    @available(*, deprecated, message: "override trainStep(_ batch: Batch)")
    public final func train_step(data: Batch) { isNoHook() }
    @available(*, deprecated, message: "override trainStep(_ batch: Batch)")
    public final func train_step(batch: Batch) { isNoHook() }
    @available(*, deprecated, message: "override trainStep(_ batch: Batch)")
    public final func train_step(_ data: Batch) { isNoHook() }
    @available(*, deprecated, message: "override testStep(_ batch: Batch)")
    public final func test_step(_ data: (Tensor, Tensor)) { isNoHook() }
    @available(*, deprecated, message: "override testStep(_ batch: Batch)")
    public final func test_step(_ x: Tensor, _ y: Tensor) { isNoHook() }
    @available(*, deprecated, message: "override testStep(_ batch: Batch)")
    public final func test_step(data: Batch) { isNoHook() }
    @available(*, deprecated, message: "override testStep(_ batch: Batch)")
    public final func test_step(batch: Batch) { isNoHook() }
    @available(*, deprecated, message: "override testStep(_ batch: Batch)")
    public final func test_step(_ data: Batch) { isNoHook() }
}
