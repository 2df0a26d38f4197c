import { join } from "node:path";
import { goTools } from "../go-tools.js";

const version = "v0.165.0";
const core = "go.opentelemetry.io/collector";

/** Collectors are made of the components that they need: this one receives OTLP, and sends it on over HTTP. */
const main = `package main

import (
	"log"

	"${core}/component"
	"${core}/confmap"
	"${core}/confmap/provider/fileprovider"
	"${core}/exporter"
	"${core}/exporter/otlphttpexporter"
	"${core}/otelcol"
	"${core}/receiver"
	"${core}/receiver/otlpreceiver"
	"${core}/service/telemetry"
)

func factories() (otelcol.Factories, error) {
	receivers, err := otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory())
	if err != nil {
		return otelcol.Factories{}, err
	}
	exporters, err := otelcol.MakeFactoryMap[exporter.Factory](otlphttpexporter.NewFactory())
	own := telemetry.NewFactory(func() component.Config { return struct{}{} })
	return otelcol.Factories{Receivers: receivers, Exporters: exporters, Telemetry: own}, err
}

func main() {
	providers := []confmap.ProviderFactory{fileprovider.NewFactory()}
	command := otelcol.NewCommand(otelcol.CollectorSettings{
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{
			ResolverSettings: confmap.ResolverSettings{ProviderFactories: providers, DefaultScheme: "file"},
		},
	})
	if err := command.Execute(); err != nil {
		log.Fatal(err)
	}
}
`;

/** Path of an OpenTelemetry Collector that receives OTLP and sends it on over HTTP, built from source. */
export async function collector(): Promise<string> {
  const bin = await goTools({
    name: "otelcol",
    module: `${core}/otelcol`,
    version,
    commands: [],
    source: {
      main,
      requires: {
        [`${core}/receiver/otlpreceiver`]: version,
        [`${core}/exporter/otlphttpexporter`]: version,
      },
    },
  });
  return join(bin, "otelcol");
}
