-- {sentence}
-- severity: block
-- why: a sum in place of a mean, a percentage in place of a fraction, a game counted twice or two exchanged columns leave
--      these ranges at once, and every single value still looks possible. {why}
-- with: sentence; why =; columns; broken; wrong
SELECT {entity}, {date}, {columns}
FROM {table}
WHERE {broken}
