// For the functions of numbers, such as sin(2.0), beside those of tensors: by themselves the tensors' make it fail to compile.
@_exported import Foundation
@_exported import MartletCore
@_exported import MartletData
@_exported import MartletFormats
@_exported import MartletNN
@_exported import MartletPlots
