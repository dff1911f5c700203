/** The parts of autocannon that the measurements use. It has no types of its own. */
declare module 'autocannon' {
  export interface Options {
    readonly headers?: Readonly<Record<string, string>>;
    /** Seconds. */
    readonly duration?: number;
    /** Number of requests, instead of a duration. */
    readonly amount?: number;
    /** Maximum requests per second over all connections. */
    readonly overallRate?: number;
    readonly requests?: readonly {
      readonly setupRequest: (request: { headers: Record<string, string> }) => object;
    }[];
  }
  interface Result {
    readonly requests: { readonly average: number; readonly total: number };
    readonly errors: number;
  }
  interface Running extends Promise<Result> {
    on(
      event: 'response',
      listener: (client: unknown, status: number, bytes: number, milliseconds: number) => void,
    ): void;
  }
  export default function autocannon(
    options: Options & { readonly url: string; readonly connections: number },
  ): Running;
}
