import type { SandboxStore } from "../../src/platforms/sandbox/store.ts";

/** A store in memory. Like an object's storage it hands out copies. */
export function memoryStore(): SandboxStore {
  const values = new Map<string, unknown>();
  return {
    get: <T>(key: string) => structuredClone(values.get(key)) as T | undefined,
    put: (key, value) => void values.set(key, structuredClone(value)),
    delete: (key) => void values.delete(key),
    *list<T>({ prefix, start = prefix, end, reverse = false, limit = Number.POSITIVE_INFINITY }: ListOptions) {
      const keys = [...values.keys()].filter((key) => {
        return key.startsWith(prefix) && key >= start && (end === undefined || key < end);
      });
      keys.sort();
      if (reverse) keys.reverse();
      for (const key of keys.slice(0, limit)) yield [key, structuredClone(values.get(key))] as [string, T];
    },
  };
}

type ListOptions = Parameters<SandboxStore["list"]>[0];
