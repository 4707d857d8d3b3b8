# Loaded once at the first event; the shim calls Guest.get and Guest.echo by evaluating source text.
module Guest
  @counter = 0
  @canary = "\0".b * 65536

  def self.cpu
    x, sum = 0x9E3779B9, 0
    100_000.times do
      x ^= (x << 13) & 0xFFFFFFFF
      x ^= x >> 17
      x ^= (x << 5) & 0xFFFFFFFF
      sum = (sum + x) & 0xFFFFFFFF
    end
    sum
  end

  # What an earlier event left behind: 0 in a fresh sandbox.
  def self.swap_canary(query)
    before = @canary.getbyte(65535)
    @canary = [query.delete_prefix("write=").to_i].pack("C") * 65536 if query.start_with?("write=")
    before
  end

  # The status in three digits, then the body.
  def self.get(target)
    path, query = target.split("?", 2)
    case path
    when "/" then "200hello world\n"
    when "/cpu" then "200#{cpu}\n"
    when "/random" then "200#{Random.rand}\n"
    when "/hash" then "200#{"mayfly".hash}\n"
    when "/counter" then "200#{@counter += 1}\n"
    when "/canary" then "200#{swap_canary(query.to_s)}\n"
    when "/json" then require "json"; "200#{JSON.generate({ruby: RUBY_VERSION, platform: RUBY_PLATFORM})}\n"
    else "404not found\n"
    end
  rescue Exception => error
    "500#{error.class}: #{error.message}\n"
  end

  def self.echo(part) = part
end
true
