import * as z from 'zod';
import type { IssuerProfile } from './issuer-profile.ts';
import { type IssuerSetting, issuerSchema } from './issuer-schema.ts';
import { toProfile } from './to-profile.ts';

/** Where tokens are verified. */
interface Place {
  /** An emulator: there, issuers on this machine may speak plain HTTP. */
  readonly local: boolean;
  /** A gate without firebase-admin: there, and only there, Firebase is an issuer like the others. */
  readonly gate: boolean;
}

/**
 * The setting TRUSTED_ISSUERS, a JSON list, as profiles.
 *
 * @param text empty: nobody but Firebase is trusted
 * @throws Error with a line for each thing that is wrong, beginning with where, e.g. `0.region`
 */
export function parseTrustedIssuers(text: string, place: Place): readonly IssuerProfile[] {
  if (text.trim() === '') return [];
  const parsed = z.array(issuerSchema).max(50).safeParse(parseJson(text));
  if (!parsed.success) {
    throw new Error(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
    );
  }
  const profiles = parsed.data.map(toProfile);
  const flaws = [
    ...parsed.data.flatMap((setting, index) => misplaced(setting, index, place)),
    ...sharedNames(profiles),
  ];
  if (flaws.length > 0) throw new Error(flaws.join('\n'));
  return profiles;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('is not JSON');
  }
}

/** What is right in itself, but not here. */
function misplaced(setting: IssuerSetting, index: number, { local, gate }: Place): string[] {
  if (setting.type === 'firebase')
    return gate ? [] : [`${index}.type: this project’s Firebase needs no entry`];
  const isLocal = 'localUrl' in setting && setting.localUrl !== undefined;
  const plain = Object.entries(setting).find(
    ([, value]) => typeof value === 'string' && value.startsWith('http:'),
  );
  if (!local && (isLocal || plain))
    return [`${index}.${isLocal ? 'localUrl' : plain?.[0]}: only in the emulator`];
  return [];
}

/** One `iss` under two names would be one person with two identities. */
function sharedNames(profiles: readonly IssuerProfile[]): string[] {
  const names = new Map<string, string>();
  return profiles.flatMap(({ issuer, accepts }, index) =>
    accepts.flatMap((accepted) => {
      const name = names.get(accepted.issuer) ?? issuer;
      names.set(accepted.issuer, name);
      return name === issuer ? [] : [`${index}: ${accepted.issuer} is also an issuer of another entry`];
    }),
  );
}
