// What a generated contract needs of the client, for the type checks here.
declare module "salon-client" {
  export interface Contract {
    hash: string;
    up: Record<string, { in: unknown; out: unknown; room?: string; key?: string; join?: true; refusals?: string }>;
    down: Record<string, { data: unknown; room?: string }>;
    ask: Record<string, { data: unknown; out: unknown }>;
    presence: Record<string, unknown>;
  }
  export interface Described<C extends Contract> {
    hash: C["hash"];
    keys: { readonly [N in keyof C["up"]]?: string };
    positional: readonly (keyof C["up"] | keyof C["down"] | keyof C["ask"])[];
  }
}
