import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { judgePassword } from '../../../src/protection/pdf/password.ts'

describe('a password that somebody chose', () => {
  for (const [what, password, verdict] of [
    ['of several unrelated words is taken', 'Lampe Gurke Fenster Trompete', 'usable'],
    ['of sixteen random characters is taken', 'kX7pQ2mW9vR4tB6z', 'usable'],
    ['with umlauts is taken', 'Grüße aus Würzburg für dich', 'usable'],
    ['that is short is refused', 'kurz123!', 'fewer than 12 characters'],
    ['that repeats itself is refused', 'aaaaaaaaaaaaaaaaaaaa', 'too easy to guess'],
    ['that is a row of keys is refused', 'qwertzuiopasdfghjkl', 'too easy to guess'],
    ['that is a common word and a year is refused', 'Willkommen2026!', 'too easy to guess'],
    ['that is the firm and a number is refused', 'kanzleimuster123', 'too easy to guess'],
    [
      'with a zero width joiner is refused',
      'Lampe‍Gurke Fenster',
      'characters that readers treat differently',
    ],
    ['with a soft hyphen is refused', 'Lampe­Gurke Fenster', 'characters that readers treat differently'],
    ['with a line break is refused', 'Lampe Gurke\nFenster', 'characters that readers treat differently'],
    ['with a picture is refused', 'Lampe Gurke Fenster 😀', 'characters that readers treat differently'],
    ['longer than readers take is refused', 'ab '.repeat(60), 'more than 127 bytes'],
  ] as const) {
    it(what, () => {
      const judged = judgePassword(password, ['Kanzlei', 'Muster', 'mandant@firma.example'])
      expect(judged.kind === 'refused' ? judged.reason : judged.kind).toBe(verdict)
    })
  }

  it('is kept in the one form that readers make of it', () => {
    expect(judgePassword('Gru\u0308ße aus Wu\u0308rzburg fu\u0308r dich', [])).toEqual({
      kind: 'usable',
      password: 'Grüße aus Würzburg für dich',
    })
  })

  test('whatever it is, gets a verdict, and a taken one is unchanged by judging it again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (chosen) => {
        const judged = judgePassword(chosen, [])
        if (judged.kind === 'usable') expect(judgePassword(judged.password, [])).toEqual(judged)
      }),
    )
  })
})
