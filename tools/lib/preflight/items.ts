/** What a deployment does to one thing of the project, or why it must not start. */
export interface Item {
  readonly action: 'create' | 'change' | 'replace' | 'delete' | 'leave' | 'warn' | 'refuse';
  /** `function api (us-central1)` */
  readonly what: string;
  /** A reason, or what to do. */
  readonly why?: string | undefined;
  /** Its name for `--accept`: it is asked about. Without one it is done without a question. */
  readonly key?: string | undefined;
  readonly part?: Part | undefined;
}

/** The parts of a deployment. */
export const PARTS = ['rules', 'indexes', 'functions', 'hosting', 'auth'] as const;
export type Part = (typeof PARTS)[number];

const PARTS_OF_TARGET: Record<string, readonly Part[]> = {
  firestore: ['rules', 'indexes'],
  'firestore:rules': ['rules'],
  'firestore:indexes': ['indexes'],
  functions: ['functions'],
  hosting: ['hosting'],
  auth: ['auth'],
};

const partsIn = (targets: string) =>
  targets
    .split(/[\s,]+/)
    .filter(Boolean)
    .flatMap((target) => {
      const parts = PARTS_OF_TARGET[target] ?? PARTS_OF_TARGET[target.replace(/:.*/, '')];
      if (!parts) throw new Error(`there is no part "${target}": ${Object.keys(PARTS_OF_TARGET).join(', ')}`);
      return parts;
    });

/** The parts that `--only` or `--except` of `firebase deploy` leave. @throws Error for a part that is not of this repository */
export function partsOf({
  only,
  except,
}: {
  only?: string | undefined;
  except?: string | undefined;
}): Part[] {
  if (only !== undefined) return PARTS.filter((part) => partsIn(only).includes(part));
  return PARTS.filter((part) => !partsIn(except ?? '').includes(part));
}
