/** What wrangler.toml puts in place of the library's table of who makes which authenticator: nobody is told. */
export const authenticatorMetadata: Readonly<Record<string, string>> = {};
