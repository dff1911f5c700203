/** The type of a function, by the trigger in what the SDK tells the CLI about it. */
const TYPES: Readonly<Record<string, string>> = {
  httpsTrigger: 'https.HttpsFunction',
  callableTrigger: 'https.CallableFunction<unknown, Promise<unknown>>',
  blockingTrigger: 'ReturnType<typeof identity.beforeUserCreated>',
  eventTrigger: 'ReturnType<typeof identity.onUserCreated>',
  scheduleTrigger: 'scheduler.ScheduleFunction',
};

/**
 * Type declarations of Cloud Functions. Those of the source would need all of its files, and the compiler settings of this
 * repository.
 *
 * @throws Error for a kind of trigger that it does not know
 */
export function describeFunctions(functions: Readonly<Record<string, unknown>>): string {
  const declarations = Object.entries(functions).map(
    ([name, declared]) => `export declare const ${name}: ${typeOf(name, declared)};`,
  );
  const sdk = ['https', 'identity', 'scheduler'].map(
    (part) => `import type * as ${part} from 'firebase-functions/${part}';`,
  );
  return `${[...sdk, '', ...declarations].join('\n')}\n`;
}

function typeOf(name: string, declared: unknown): string {
  // The SDK puts it on each function.
  const { __endpoint } = declared as { readonly __endpoint: object };
  const [trigger] = Object.keys(TYPES).filter((kind) => kind in __endpoint);
  const type = trigger === undefined ? undefined : TYPES[trigger];
  if (type === undefined)
    throw new Error(`${name} has no type: add its trigger to scripts/function-types.ts`);
  return type;
}
