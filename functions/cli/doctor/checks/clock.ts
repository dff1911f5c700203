import { readServerTime } from '../../project/clock.ts';
import type { Check } from '../check.ts';
import { finding } from '../findings.ts';

/** Google refuses signed requests for tokens that are five minutes off. */
const MAX_SECONDS = 60;

export const clock: Check = {
  name: 'clock',
  reads: 'project',
  async run({ live: { access, now } }) {
    const before = now();
    const server = await readServerTime(access);
    const seconds = Math.round((server - (before + now()) / 2) / 1000);
    if (Math.abs(seconds) <= MAX_SECONDS) return [];
    const what = `the clock of this machine is ${Math.abs(seconds)} s ${seconds > 0 ? 'slow' : 'fast'}`;
    return [
      finding('clock-wrong', what, 'Set it by NTP. Tokens are refused, and dates in this report are wrong.'),
    ];
  },
};
