module productpeer

go 1.19
