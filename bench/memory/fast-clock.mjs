// Preloaded: at the moment BENCH_CLOCK_BEGAN it is BENCH_CLOCK_ORIGIN here, and from then on time passes
// BENCH_CLOCK_SPEED times as fast. Timers do not.
const began = Number(process.env.BENCH_CLOCK_BEGAN);
const origin = Number(process.env.BENCH_CLOCK_ORIGIN);
const speed = Number(process.env.BENCH_CLOCK_SPEED);
const real = Date.now;

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [Date.now()] : args));
  }
  static now() {
    return Math.round(origin + (real() - began) * speed);
  }
};
