/** How the client is made of the OpenAPI document: by orval, into a folder that git ignores. */
export default {
  apionics: {
    input: "../../docs/openapi.json",
    output: {
      target: "generated/apionics.ts",
      client: "fetch",
      clean: true,
      override: { mutator: { path: "send.ts", name: "send" } },
    },
  },
};
