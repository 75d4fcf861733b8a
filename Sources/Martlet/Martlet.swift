@_exported import MartletCore
@_exported import MartletData
@_exported import MartletFormats
@_exported import MartletNN
@_exported import MartletPlots
