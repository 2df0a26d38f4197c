import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: "unit", include: ["src/**/*.test.ts", "plugins/*/src/**/*.test.ts"], testTimeout: 10_000 },
      },
      {
        test: {
          name: "backends",
          include: ["test/**/*.test.ts"],
          globalSetup: ["test/lab/setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
