import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deadlineWithin } from '../../src/deadline.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('work for a mail is given up when its time is over, and the reason says so', () => {
  using limit = deadlineWithin(new AbortController().signal, 1000)
  vi.advanceTimersByTime(999)
  expect(limit.signal.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(limit.signal.reason).toMatchObject({ name: 'TimeoutError', message: 'Not done in 1000 ms' })
})

test('work for a mail is given up when nobody waits for the mail any more, and the reason is passed on', () => {
  const outer = new AbortController()
  using limit = deadlineWithin(outer.signal, 1000)
  outer.abort(new Error('Postfix left'))
  expect(limit.signal.reason).toMatchObject({ message: 'Postfix left' })
})

test('work for a mail that nobody waits for does not begin, and no timer is set', () => {
  using limit = deadlineWithin(AbortSignal.abort(new Error('Postfix left')), 1000)
  expect(limit.signal.reason).toMatchObject({ message: 'Postfix left' })
  expect(vi.getTimerCount()).toBe(0)
})

test('work that is done leaves neither timer nor listener behind', () => {
  const outer = new AbortController()
  const removed = vi.spyOn(outer.signal, 'removeEventListener')
  const limit = deadlineWithin(outer.signal, 1000)
  limit[Symbol.dispose]()
  expect(vi.getTimerCount()).toBe(0)
  expect(removed).toHaveBeenCalledOnce()
  outer.abort()
  expect(limit.signal.aborted).toBe(false)
})
