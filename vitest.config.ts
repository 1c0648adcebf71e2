import { resolve } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

/** Secrets of the tests: not a secret. Set here, so that no `.dev.vars` on the machine changes what the tests see. */
const TEST_SECRETS = {
  ADMIN_TOKEN: "admin-token-of-the-tests",
  API_KEY_PEPPER: "api-key-pepper-of-the-tests",
  ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString("base64")}`,
  PUBLIC_ORIGIN: "http://apionics.test",
  ALLOW_PRIVATE_TARGETS: "false",
  META_APP_ID: "",
  META_APP_SECRET: "",
  META_GRAPH_VERSION: "v26.0",
  META_GRAPH_ORIGIN: "https://graph.facebook.com",
  INSTAGRAM_GRAPH_ORIGIN: "https://graph.instagram.com",
  META_UPLOAD_ORIGIN: "https://rupload.facebook.com",
  SETTLE_SCALE: "1",
  INSTAGRAM_APP_ID: "",
  INSTAGRAM_APP_SECRET: "",
};

/** Measure how quick something is, and run by themselves: they would measure the load of the others. */
const PACE = ["test/e2e/webhook-pace.test.ts", "test/e2e/start-pace.test.ts"];
/** Wait for what others do, most of the time, and run beside the rest. */
const SLOW = ["test/e2e/restoring.test.ts", "test/e2e/webhooks.test.ts", "test/chaos/chaos.test.ts"];

/** The Worker in workerd, and the tests beside it. */
const workers = () =>
  cloudflareTest(async () => ({
    wrangler: { configPath: "./wrangler.toml" },
    miniflare: {
      bindings: {
        ...TEST_SECRETS,
        TEST_MIGRATIONS: await readD1Migrations("./migrations"),
        // What the fuzzer makes its requests of: the same on every run, unless another is asked for.
        FUZZ_SEED: process.env.FUZZ_SEED ?? "20260601",
      },
      // Sent to a queue that has no consumer, for one with a consumer delivers after a minute at the latest: the
      // tests decide which message arrives, when and how often.
      queueProducers: { PUBLISH: { queueName: "undelivered" }, WEBHOOKS: { queueName: "undelivered" } },
    },
  }));

// Bundled, as wrangler bundles it: its optional import of Node's file system is left out there.
const deps = { optimizer: { ssr: { enabled: true, include: ["mediabunny"] } } };

export default defineConfig({
  test: {
    silent: "passed-only",
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          environment: "node",
          // The Worker's own modules can be loaded whole, as the simulation loads them.
          alias: {
            "cloudflare:workers": resolve(import.meta.dirname, "test/simulation/cloudflare-workers.ts"),
          },
        },
      },
      {
        plugins: [workers()],
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          setupFiles: ["./test/integration/setup.ts"],
          // One runtime for all files: each test works in a workspace of its own, and a runtime takes seconds to start.
          isolate: false,
          testTimeout: 30_000,
          maxWorkers: 1,
          deps,
        },
      },
      {
        plugins: [workers()],
        test: {
          name: "ledger",
          include: ["test/ledger/**/*.test.ts"],
          setupFiles: ["./test/integration/setup.ts"],
          // A million posts are stored first.
          hookTimeout: 600_000,
          deps,
        },
      },
      {
        test: {
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
          environment: "node",
          hookTimeout: 120_000,
          // They take a core each, and some start two.
          maxWorkers: 1,
          maxConcurrency: 2,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: [...PACE, ...SLOW],
          environment: "node",
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e-slow",
          include: SLOW,
          environment: "node",
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          environment: "node",
          globalSetup: ["./test/browser/setup.ts"],
          // They share one Worker, and the pages' own tests use two cores by themselves.
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "pace",
          include: PACE,
          environment: "node",
          fileParallelism: false,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
