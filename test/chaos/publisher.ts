import { setTimeout as sleep } from "node:timers/promises";
import type { ChaosClient, Sent } from "./client.ts";
import type { Asked } from "./history.ts";
import type { Order } from "./workload.ts";

/** A post that was accepted. */
export interface AcceptedPost {
  id: string;
  asked: Asked;
}

/** Has orders carried out, whatever comes between. */
export class Publisher {
  readonly asked: Asked[] = [];
  /** By the key. */
  readonly accepted = new Map<string, AcceptedPost>();
  readonly #orders: Order[] = [];
  /** What was asked to be canceled, and was answered. */
  readonly #canceled: AcceptedPost[] = [];
  readonly #client: ChaosClient;

  constructor(client: ChaosClient) {
    this.#client = client;
  }

  /** Asks for a post until it is accepted, and cancels it where that is ordered. */
  async carryOut(order: Order): Promise<void> {
    this.#take(order);
    await this.#publish(order);
    const post = this.accepted.get(order.asked.key);
    if (!post || order.cancelAfter === null) return;
    await sleep(order.cancelAfter);
    await this.#cancel(post);
    this.#canceled.push(post);
  }

  #cancel({ id, asked }: AcceptedPost) {
    return this.#client.insist({ key: asked.key, method: "DELETE", path: `/v1/posts/${id}` });
  }

  /** Asks for posts, all at once and once each. Those that are not answered are asked for again by `repeatAll`. */
  async tryOnce(orders: Order[]): Promise<void> {
    for (const order of orders) this.#take(order);
    await Promise.all(orders.map((order) => this.#client.send(sentOf(order))));
  }

  /** Asks for these posts again, with their keys, until each is answered. */
  async repeat(orders: readonly Order[]): Promise<void> {
    for (const order of orders) await this.#publish(order);
  }

  /** The same for every post there is, and for every request to cancel one. */
  async repeatAll(): Promise<void> {
    await this.repeat(this.#orders);
    for (const post of this.#canceled) await this.#cancel(post);
  }

  #take(order: Order): void {
    this.#orders.push(order);
    this.asked.push(order.asked);
  }

  async #publish(order: Order): Promise<void> {
    const { status, text } = await this.#client.insist(sentOf(order));
    if (status !== 202) return;
    const { id } = JSON.parse(text) as { id: string };
    this.accepted.set(order.asked.key, { id, asked: order.asked });
  }
}

function sentOf({ asked, body }: Order): Sent {
  return { key: asked.key, method: "POST", path: "/v1/publish", body };
}
