module slipway.test/text-template

go 1.25.0

require github.com/docker/cli v29.6.2+incompatible

require gotest.tools/v3 v3.5.2 // indirect
