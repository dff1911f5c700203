import type { Attack } from './attack.ts';
import { algorithms } from './tables/algorithms.ts';
import { forOthers } from './tables/for-others.ts';
import { json } from './tables/json.ts';
import { keyIds } from './tables/key-ids.ts';
import { offeredKeys } from './tables/offered-keys.ts';
import { signatures } from './tables/signatures.ts';
import { spellings } from './tables/spellings.ts';
import { times } from './tables/times.ts';
import { wrongKinds } from './tables/wrong-kinds.ts';

export const attacks: readonly Attack[] = [
  ...[...algorithms, ...signatures, ...offeredKeys, ...keyIds],
  ...[...spellings, ...json, ...times, ...forOthers, ...wrongKinds],
];
