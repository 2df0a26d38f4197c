import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    // Taking the lab down ends containers and undoes mounts.
    teardownTimeout: 60_000,
    // Tests also wait for daemons, so two cores are worth three files at a time.
    maxWorkers: 3,
    setupFiles: ["test/lab/worker.ts"],
    // Limits are for what never comes. On a machine with work, what comes may take long.
    expect: { poll: { timeout: 60_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          // A process for each file would import the same modules hundreds of times. `worker.ts` restores what a file
          // replaced. Backend tests have much in memory, so they get a process for each file.
          isolate: false,
          include: [
            "src/**/*.test.ts",
            "plugins/*/src/**/*.test.ts",
            "scripts/**/*.test.ts",
            "{fuzz,soak}/**/*.test.ts",
          ],
          globalSetup: ["test/lab/unit-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "backends",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, "test/package/roots/**"],
          globalSetup: ["test/lab/setup.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: "packages",
          include: ["test/package/roots/*.test.ts"],
          globalSetup: ["test/lab/setup.ts"],
          // The first run makes the machines from Debian's packages.
          testTimeout: 1_800_000,
        },
      },
    ],
  },
});
