;; Never returns.
(component
  (core module $M (func (export "run") (result i32) (loop $more (br $more)) unreachable))
  (core instance $m (instantiate $M))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
