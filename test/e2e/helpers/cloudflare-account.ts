/** A version of a Worker, as Cloudflare tells of it. */
export interface Version {
  id: string;
  annotations: Record<string, string>;
  resources: { bindings: Binding[] };
}

export interface Binding {
  name: string;
  type: string;
  text?: string;
  dataset?: string;
  id?: string;
}

/** A Cloudflare account in memory: what a deployment creates and changes. */
export class CloudflareAccount {
  readonly id = "acc0000000000000000000000000acc0";
  isPaid = false;
  hasAnalyticsEngine = true;
  /** Beside it, accounts that the login reaches as well. */
  others: { id: string; name: string }[] = [];
  databases: { uuid: string; name: string }[] = [];
  migrations: string[] = [];
  namespaces: { id: string; title: string }[] = [];
  buckets: { name: string }[] = [];
  queues: { queue_id: string; queue_name: string }[] = [];
  secrets = new Map<string, string>();
  /** Newest first; the first one serves. */
  versions: Version[] = [];
  workspaces: { id: string; created_at: string }[] = [];
  /** What was answered to an Idempotency-Key. */
  answers = new Map<string, unknown>();
  #ids = 0;

  newId(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, "0")}`;
  }

  /** What a Worker is told that has been deployed; null: there is none. */
  get origin(): string | null {
    return this.versions[0]?.resources.bindings.find(({ name }) => name === "PUBLIC_ORIGIN")?.text ?? null;
  }
}
