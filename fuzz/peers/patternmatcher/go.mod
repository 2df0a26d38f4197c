module slipway.test/patternmatcher

go 1.25.0

require github.com/moby/patternmatcher v0.6.1
