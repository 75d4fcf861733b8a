// Names of other libraries, that the compiler answers with Martlet's. Made by scripts/other-names.py: do not edit.

import MartletCore

extension Trial: OtherlyNamed {}
extension Study: OtherlyNamed {}
extension ModelTuner: OtherlyNamed {}

extension HyperParameters {
    @available(*, unavailable, renamed: "int(_:min:max:step:sampling:)")
    public var Int: OtherName { fatalError() }
    @available(*, unavailable, renamed: "float(_:min:max:step:sampling:)")
    public var Float: OtherName { fatalError() }
    @available(*, unavailable, renamed: "boolean(_:)")
    public var Boolean: OtherName { fatalError() }
    @available(*, unavailable, renamed: "choice(_:_:)")
    public var Choice: OtherName { fatalError() }
    @available(*, unavailable, message: "a value that is fixed is a constant of the program")
    public var Fixed: OtherName { fatalError() }
}

extension OtherlyNamed where Self == Trial {
    @available(*, unavailable, renamed: "int(_:_:step:log:)")
    public var suggest_int: OtherName { fatalError() }
    @available(*, unavailable, renamed: "int(_:_:step:log:)")
    public var suggestInt: OtherName { fatalError() }
    @available(*, unavailable, renamed: "float(_:_:step:log:)")
    public var suggest_float: OtherName { fatalError() }
    @available(*, unavailable, renamed: "float(_:_:step:log:)")
    public var suggestFloat: OtherName { fatalError() }
    @available(*, unavailable, renamed: "float(_:_:step:log:)")
    public var suggest_uniform: OtherName { fatalError() }
    @available(*, unavailable, renamed: "float(_:_:step:log:)")
    public var suggestUniform: OtherName { fatalError() }
    @available(*, unavailable, renamed: "float(_:_:step:log:)")
    public var suggest_loguniform: OtherName { fatalError() }
    @available(*, unavailable, renamed: "float(_:_:step:log:)")
    public var suggestLoguniform: OtherName { fatalError() }
    @available(*, unavailable, renamed: "float(_:_:step:log:)")
    public var suggest_discrete_uniform: OtherName { fatalError() }
    @available(*, unavailable, renamed: "float(_:_:step:log:)")
    public var suggestDiscreteUniform: OtherName { fatalError() }
    @available(*, unavailable, renamed: "choice(_:_:)")
    public var suggest_categorical: OtherName { fatalError() }
    @available(*, unavailable, renamed: "choice(_:_:)")
    public var suggestCategorical: OtherName { fatalError() }
    @available(*, unavailable, renamed: "shouldPrune")
    public var should_prune: OtherName { fatalError() }
    @available(*, unavailable, renamed: "setUserAttribute(_:_:)")
    public var set_user_attr: OtherName { fatalError() }
    @available(*, unavailable, renamed: "setUserAttribute(_:_:)")
    public var setUserAttr: OtherName { fatalError() }
}

extension OtherlyNamed where Self == Study {
    @available(*, unavailable, renamed: "bestParams")
    public var best_params: OtherName { fatalError() }
    @available(*, unavailable, renamed: "bestValue")
    public var best_value: OtherName { fatalError() }
    @available(*, unavailable, renamed: "bestTrial")
    public var best_trial: OtherName { fatalError() }
    @available(*, unavailable, renamed: "bestTrials")
    public var best_trials: OtherName { fatalError() }
    @available(*, unavailable, renamed: "setUserAttribute(_:_:)")
    public var set_user_attr: OtherName { fatalError() }
    @available(*, unavailable, renamed: "setUserAttribute(_:_:)")
    public var setUserAttr: OtherName { fatalError() }
}

extension OtherlyNamed where Self == ModelTuner {
    @available(*, unavailable, renamed: "bestModels(_:)")
    public var get_best_models: OtherName { fatalError() }
    @available(*, unavailable, renamed: "bestModels(_:)")
    public var getBestModels: OtherName { fatalError() }
    @available(*, unavailable, renamed: "bestHyperParameters(_:)")
    public var get_best_hyperparameters: OtherName { fatalError() }
    @available(*, unavailable, renamed: "bestHyperParameters(_:)")
    public var getBestHyperparameters: OtherName { fatalError() }
    @available(*, unavailable, renamed: "resultsSummary(_:)")
    public var results_summary: OtherName { fatalError() }
}

@available(*, unavailable, message: "write ModelTuner(objective: \"val_loss\", maxTrials: 10, sampler: RandomSampler()) { parameters in ... }")
public var RandomSearch: OtherModule { fatalError() }
@available(*, unavailable, message: "write ModelTuner(objective: \"val_loss\", maxTrials: 10) { parameters in ... }")
public var BayesianOptimization: OtherModule { fatalError() }
@available(*, unavailable, message: "write ModelTuner(objective: \"val_loss\", maxTrials: 10, pruner: HyperbandPruner()) { parameters in ... }")
public var Hyperband: OtherModule { fatalError() }
@available(*, unavailable, message: "write ModelTuner(objective: \"val_loss\", maxTrials: 10, sampler: GridSampler(...)) { parameters in ... }")
public var GridSearch: OtherModule { fatalError() }
@available(*, unavailable, message: "write try Study(direction: .minimize)")
public var create_study: OtherModule { fatalError() }
@available(*, unavailable, message: "write try Study(direction: .minimize)")
public var createStudy: OtherModule { fatalError() }
@available(*, unavailable, message: "write try Study(direction: .minimize)")
public var load_study: OtherModule { fatalError() }
@available(*, unavailable, message: "write try Study(direction: .minimize)")
public var loadStudy: OtherModule { fatalError() }
