import CKernels
func runElementwise(_ op: mk_op, _ inputs: [Tensor], _ output: Tensor) {}
extension Tensor {
  public func cast(to: DType) -> Tensor { self }
  public func sum(axes: [Int], keepDims: Bool = false) -> Tensor { self }
  public func reshaped(to: Shape) -> Tensor { self }
  public func broadcast(to: Shape) -> Tensor { self }
  public static func stack(_ t: [Tensor], axis: Int = 0) -> Tensor { t[0] }
  public static func + (a: Tensor, b: Tensor) -> Tensor { a }
  public static func - (a: Tensor, b: Tensor) -> Tensor { a }
}
