/** Takes the place of `src/audit/example-actions.ts` in the npm package: no example module. */
export const EXAMPLE_ACTIONS = {} as const;
