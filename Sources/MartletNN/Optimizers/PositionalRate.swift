// Optimizers made as Keras's documents write it: the learning rate without a label.

extension SGD {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate, momentum: Double = 0, nesterov: Bool = false) {
        self.init(learningRate: learningRate, momentum: momentum, nesterov: nesterov)
    }
}

extension RMSprop {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate, rho: Double = 0.9, momentum: Double = 0) {
        self.init(learningRate: learningRate, rho: rho, momentum: momentum)
    }
}

extension Adagrad {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate) {
        self.init(learningRate: learningRate)
    }
}

extension Adadelta {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate) {
        self.init(learningRate: learningRate)
    }
}

extension Adamax {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate) {
        self.init(learningRate: learningRate)
    }
}

extension Nadam {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate) {
        self.init(learningRate: learningRate)
    }
}

extension Ftrl {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate) {
        self.init(learningRate: learningRate)
    }
}

extension Lion {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate) {
        self.init(learningRate: learningRate)
    }
}

extension Lamb {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate) {
        self.init(learningRate: learningRate)
    }
}

extension Muon {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate) {
        self.init(learningRate: learningRate)
    }
}

extension Adafactor {
    /// Makes the optimizer. The properties describe the arguments; the other initializer takes more.
    public convenience init(_ learningRate: any LearningRate) {
        self.init(learningRate: learningRate)
    }
}
