/** Something that runs in a lane; both lanes number their tasks' ports apart. */
export interface Task {
  lane: 'compute' | 'wait';
  run(lane: number): Promise<void>;
}

/**
 * Runs tasks two at a time: one that mostly computes beside one that mostly waits. A lane that has no task of its own
 * left takes the other lane's next one.
 */
export async function runInLanes(tasks: readonly Task[]): Promise<void> {
  const compute = tasks.filter(({ lane }) => lane === 'compute');
  const wait = tasks.filter(({ lane }) => lane === 'wait');
  const work = async (number: number, own: Task[], other: Task[]) => {
    for (;;) {
      const task = own.shift() ?? other.shift();
      if (task === undefined) return;
      await task.run(number);
    }
  };
  await Promise.all([work(0, compute, wait), work(1, wait, compute)]);
}
